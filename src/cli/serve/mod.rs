//! `serve`: the demo, from the files of the repository.

mod connections;
mod site;

use super::{Failure, Outcome, files, say};
use clap::Args;
use site::Folders;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;

/// Serve the demo page.
#[derive(Args)]
#[command(
    allow_negative_numbers = true,
    after_help = "Examples:
  attentive-writer serve
  attentive-writer serve --port 9000
  attentive-writer serve --host 0.0.0.0    (for other machines too)
  attentive-writer serve --site target/site    (what `node .ci/site.mjs` wrote, as it will be published)

Only what lies in the folders www and pkg is served; links that lead out of them are not followed. At most 100
connections are open at a time, and one that says nothing for five seconds is closed."
)]
pub struct Serve {
    /// The port; 0 takes any free one, and says which
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on; localhost, which is 127.0.0.1 and ::1, is for this machine only
    #[arg(long, default_value = "localhost", value_parser = host)]
    host: Host,
    /// The folder that holds www and pkg [default: the present one, or else the one this was built in]
    #[arg(long)]
    root: Option<PathBuf>,
    /// A folder that is a site by itself, served instead; a file's compressed copy beside it (.br, .gz) is sent for it
    #[arg(long, conflicts_with = "root")]
    site: Option<PathBuf>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Host {
    /// Both families' loopback address, since a browser may try either for this name.
    Localhost,
    Address(IpAddr),
}

fn host(name: &str) -> Result<Host, String> {
    if name == "localhost" {
        return Ok(Host::Localhost);
    }
    name.parse().map(Host::Address).map_err(|_| "expected localhost or an IP address".to_owned())
}

impl Default for Serve {
    fn default() -> Self {
        Serve { port: 8080, host: Host::Localhost, root: None, site: None, json: false }
    }
}

impl Serve {
    fn folders(&self) -> Outcome<Folders> {
        if let Some(site) = &self.site {
            if !site.join("index.html").is_file() {
                return Err(files::at(site, "has no index.html; expected a site (--site)"));
            }
            return Folders::of_site(site).map_err(|e| files::at(site, e));
        }
        let built_in = || PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."));
        let here = PathBuf::from(".");
        let root = self.root.clone();
        let root = root.unwrap_or_else(|| if here.join("www/index.html").is_file() { here } else { built_in() });
        for file in ["www/index.html", "pkg/attentive_writer_bg.wasm"] {
            if !root.join(file).is_file() {
                return Err(files::at(&root, format!("has no {file}; expected the repository's folder (--root)")));
            }
        }
        Folders::of(&root).map_err(|e| files::at(&root, e))
    }

    pub fn run(self) -> Outcome {
        let folders = self.folders()?;
        let failed = |e| Failure(format!("cannot start the server ({e})"));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
        runtime.block_on(async {
            let listeners = self.listen().await?;
            let address = listeners[0].local_addr().map_err(failed)?;
            let url = match self.host {
                Host::Localhost => format!("http://localhost:{}/", address.port()),
                Host::Address(_) => format!("http://{address}/"),
            };
            if self.json {
                super::print_json(&serde_json::json!({ "url": url }));
            } else {
                say(format!("Attentive Writer is at {url} (Ctrl-C ends it)"));
            }
            connections::answer(&listeners, site::service(folders)).await
        })
    }

    /// One listener, or two on one port.
    async fn listen(&self) -> Outcome<Vec<TcpListener>> {
        let addresses = match self.host {
            Host::Address(address) => vec![address],
            Host::Localhost => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        };
        // A port that is free in one family may be taken in the other; of any free ones, there are others.
        for _ in 0..if self.port == 0 { 20 } else { 1 } {
            match bind(&addresses, self.port).await {
                Err((_, e)) if self.port == 0 && e.kind() == ErrorKind::AddrInUse => {}
                Err((address, e)) => {
                    return Err(Failure(format!("cannot listen on {address} ({e}); expected a free port (--port)")));
                }
                Ok(listeners) => return Ok(listeners),
            }
        }
        Err(Failure("found no port that is free for both 127.0.0.1 and ::1; expected one (--port)".to_owned()))
    }
}

/// Listens on all the addresses that this machine has, at least one.
async fn bind(addresses: &[IpAddr], mut port: u16) -> Result<Vec<TcpListener>, (SocketAddr, std::io::Error)> {
    let (mut listeners, mut lacking) = (Vec::new(), None);
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        match TcpListener::bind(address).await {
            Ok(listener) => {
                port = listener.local_addr().map_or(port, |a| a.port());
                listeners.push(listener);
            }
            // A half of localhost that answers with another program would be worse than none.
            Err(e) if matches!(e.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied) => {
                return Err((address, e));
            }
            // Without IPv6, or with nothing else, the other family has to do.
            Err(e) => lacking = lacking.or(Some((address, e))),
        }
    }
    match lacking {
        Some(failure) if listeners.is_empty() => Err(failure),
        _ => Ok(listeners),
    }
}
