//! `serve`: the demo, from the files of the repository.

use super::{Failure, Outcome, files, say};
use axum::Router;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

/// Serve the demo page.
#[derive(Args)]
#[command(after_help = "Examples:
  attentive-writer serve
  attentive-writer serve --port 9000
  attentive-writer serve --host 0.0.0.0    (for other machines too)")]
pub struct Serve {
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The address to listen on; loopback only unless you say otherwise
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The folder that holds www and pkg [default: the present one, or else the one this was built in]
    #[arg(long)]
    root: Option<PathBuf>,
    /// Print JSON Lines on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

impl Default for Serve {
    fn default() -> Self {
        Serve { port: 8080, host: IpAddr::V4(Ipv4Addr::LOCALHOST), root: None, json: false }
    }
}

impl Serve {
    pub fn run(self) -> Outcome {
        let built_in = || PathBuf::from(option_env!("CARGO_MANIFEST_DIR").unwrap_or("."));
        let here = PathBuf::from(".");
        let root = self.root.unwrap_or_else(|| if here.join("www/index.html").is_file() { here } else { built_in() });
        for file in ["www/index.html", "pkg/attentive_writer_bg.wasm"] {
            if !root.join(file).is_file() {
                return Err(files::at(&root, format!("has no {file}; expected the repository's folder (--root)")));
            }
        }
        let address = SocketAddr::new(self.host, self.port);
        let failed =
            |e: std::io::Error| Failure(format!("cannot listen on {address} ({e}); expected a free port (--port)"));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_io().build().map_err(failed)?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(address).await.map_err(failed)?;
            // Port 0 asks for any free one: say which it became.
            let port = listener.local_addr().map_err(failed)?.port();
            let name = if self.host.is_loopback() { "localhost".to_owned() } else { self.host.to_string() };
            let url = format!("http://{name}:{port}/");
            if self.json {
                super::print_json(&serde_json::json!({ "url": url }));
            } else {
                say(format!("Attentive Writer is at {url} (Ctrl-C ends it)"));
            }
            let root: Arc<Path> = root.into();
            // Weights do not shrink, and would only come later.
            let compressible = SizeAbove::default().and(NotForContentType::new("application/octet-stream"));
            let app = Router::new()
                .fallback(move |method: Method, uri: Uri| async move { answer(&method, &uri, &root) })
                .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressible));
            axum::serve(listener, app).await.map_err(failed)
        })
    }
}

/// The file that a request's path means: `/` is www, and so is all that is not in www or pkg by name.
fn resolve(url: &str, root: &Path) -> Option<PathBuf> {
    let path = Path::new(url.trim_start_matches('/'));
    // Nothing outside the two folders, whatever the path says.
    if path.components().any(|c| !matches!(c, Component::Normal(_))) {
        return None;
    }
    let named = path.starts_with("www") || path.starts_with("pkg");
    let mut file = if named { root.join(path) } else { root.join("www").join(path) };
    if file.is_dir() {
        file.push("index.html");
    }
    file.is_file().then_some(file)
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("wasm") => "application/wasm",
        Some("ts" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn answer(method: &Method, uri: &Uri, root: &Path) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, "only GET\n").into_response();
    }
    let Some(path) = resolve(uri.path(), root) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let Ok(bytes) = std::fs::read(&path) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "unreadable\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, content_type(&path)),
        (header::CACHE_CONTROL, "no-cache"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_folders_are_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(resolve("/", root).unwrap().ends_with("www/index.html"));
        assert!(resolve("/main.js", root).unwrap().ends_with("www/main.js"));
        assert!(resolve("/www/main.js", root).unwrap().ends_with("www/main.js"));
        assert!(resolve("/pkg/package.json", root).unwrap().ends_with("pkg/package.json"));
        for hidden in ["/Cargo.toml", "/../Cargo.toml", "/www/../Cargo.toml", "/.git/config", "//etc/passwd"] {
            assert_eq!(resolve(hidden, root), None, "{hidden}");
        }
    }
}
