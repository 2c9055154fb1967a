//! `serve`.

use crate::support::{command, refused};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running server, which ends with the test.
struct Server {
    child: Child,
    url: String,
    port: u16,
}

impl Server {
    fn start(more: &[&str]) -> Server {
        Server::of(command(&[&["serve", "--port", "0", "--json"], more].concat()))
    }

    /// With so many file descriptors at most.
    #[cfg(unix)]
    fn limited(descriptors: u32) -> Server {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {descriptors} && exec \"$@\"");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_attentive-writer"), "serve", "--port", "0", "--json"]);
        Server::of(command)
    }

    fn of(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = serde_json::from_str::<serde_json::Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
        let port = url.trim_end_matches('/').rsplit_once(':').unwrap().1.parse().unwrap();
        Server { child, url, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(self.connect(), method, path, headers)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Answer {
    status: u16,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn ask(mut stream: TcpStream, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|l| l.split_once(": ").unwrap()).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
    Answer { status, headers, body: bytes[end + 4..].to_vec() }
}

/// A small site: its folder, whose `www` and `pkg` are there.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    for name in ["www", "www/deeper", "pkg"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    write("www/index.html", "<p>the page");
    write("www/deeper/index.html", "<p>deeper");
    write("www/notes.md", "# notes");
    write("pkg/attentive_writer_bg.wasm", "not really");
    write("pkg/types.d.ts", "export {};");
    write("outside.txt", "not to be seen");
    folder
}

fn root(folder: &tempfile::TempDir) -> [&str; 2] {
    ["--root", folder.path().to_str().unwrap()]
}

#[test]
fn serve_answers_and_refuses_a_taken_port() {
    let server = Server::start(&[]);
    assert_eq!(server.url, format!("http://localhost:{}/", server.port));
    // A browser opens connections that it may never use: they must not hold up the others.
    let idle: Vec<_> = (0..16).map(|_| server.connect()).collect();
    let page = server.get("/");
    assert!(page.status == 200 && page.text().contains("<attentive-writer"), "{}", page.text());
    assert_eq!(server.get("/pkg/attentive_writer_bg.wasm").header("content-type"), "application/wasm");
    assert_eq!(server.get("/weights/mnist.safetensors").status, 200);
    for hidden in
        ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/www/..%2fCargo.toml", "/Cargo.toml", "//etc/passwd", "/www%5c.."]
    {
        assert_eq!(server.get(hidden).status, 404, "{hidden}");
    }
    drop(idle);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&["serve", "--port", &port], &[&port, "--port"]);
    refused(&["serve", "--port", "65536"], &["--port", "65536"]);
    refused(&["serve", "--host", "example.org"], &["--host", "expected localhost or an IP address"]);
    refused(&["serve", "--port", "0", "--root", "/proc"], &["/proc", "www/index.html"]);
}

/// Whoever has IPv6 may be sent to either address by the name.
#[test]
fn localhost_is_both_addresses() {
    let Ok(taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return };
    let port = taken.local_addr().unwrap().port().to_string();
    // Half of localhost would be another program's.
    refused(&["serve", "--port", &port], &[&format!("[::1]:{port}"), "--port"]);
    drop(taken);
    let server = Server::start(&[]);
    let page = |address: SocketAddr| ask(TcpStream::connect(address).unwrap(), "GET", "/", &[]);
    assert_eq!(page((Ipv4Addr::LOCALHOST, server.port).into()).status, 200);
    assert_eq!(page((Ipv6Addr::LOCALHOST, server.port).into()).status, 200);
    let alone = Server::start(&["--host", "::1"]);
    assert_eq!(alone.url, format!("http://[::1]:{}/", alone.port));
    assert_eq!(page((Ipv6Addr::LOCALHOST, alone.port).into()).status, 200);
    let alone = Server::start(&["--host", "127.0.0.1"]);
    assert_eq!(alone.url, format!("http://127.0.0.1:{}/", alone.port));
    assert_eq!(alone.get("/").status, 200);
}

/// More sockets than file descriptors, all silent: who asks has to wait, but is answered.
#[cfg(unix)]
#[test]
fn idle_sockets_do_not_end_the_server() {
    for (descriptors, sockets) in [(256, 266), (32, 80)] {
        let mut server = Server::limited(descriptors);
        let idle: Vec<_> = (0..sockets).map(|_| server.connect()).collect();
        assert_eq!(server.get("/").status, 200, "with {descriptors}");
        drop(idle);
        assert_eq!(server.get("/main.js").status, 200, "with {descriptors}");
        assert_eq!(server.child.try_wait().unwrap(), None);
    }
}

#[test]
fn who_says_nothing_is_let_go() {
    let server = Server::start(&[]);
    let rest = |mut stream: TcpStream| {
        let mut rest = Vec::new();
        // Closed, or reset where bytes were left unread.
        let _ = stream.read_to_end(&mut rest);
        rest
    };
    let silent = server.connect();
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut kept = server.connect();
    kept.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(rest(silent).is_empty());
    assert!(!rest(slow).starts_with(b"HTTP/1.1 200"));
    assert!(rest(kept).starts_with(b"HTTP/1.1 200"));
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_outside() {
    use std::os::unix::fs::symlink;
    let folder = site();
    let www = folder.path().join("www");
    for (target, name) in [
        ("../outside.txt", "secret.txt"),
        ("../../../../../etc", "etc"),
        ("..", "up"),
        ("nowhere", "dangling"),
        ("index.html", "same.html"),
        ("../pkg/types.d.ts", "types.txt"),
        ("../outside.txt", "index.html.gz"),
    ] {
        symlink(target, www.join(name)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(www.join("pipe")).status().unwrap().success());
    let server = Server::start(&root(&folder));
    for path in
        ["/secret.txt", "/etc/passwd", "/www/etc/passwd", "/up/outside.txt", "/dangling", "/pipe", "/outside.txt"]
    {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.text()), (404, String::new()), "{path}");
    }
    assert_eq!(server.get("/same.html").text(), "<p>the page");
    assert_eq!(server.get("/types.txt").text(), "export {};");
    let packed = server.ask("GET", "/", &[("Accept-Encoding", "gzip")]);
    assert!(!packed.text().contains("not to be seen") && packed.status == 200);
    // The folder itself may be a link: what it leads to is what is served.
    let moved = tempfile::tempdir().unwrap();
    symlink(&www, moved.path().join("www")).unwrap();
    symlink(folder.path().join("pkg"), moved.path().join("pkg")).unwrap();
    assert_eq!(Server::start(&root(&moved)).get("/deeper/").text(), "<p>deeper");
}

#[test]
fn answers_have_the_headers_of_a_careful_host() {
    let folder = site();
    let server = Server::start(&root(&folder));
    for (path, status) in [("/", 200), ("/none", 404), ("/deeper", 307)] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("frame-ancestors"), "any page may hold a frame of the element's");
    }
    assert_eq!(server.get("/deeper").header("location"), "/deeper/");
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/notes.md", "text/plain; charset=utf-8"),
        ("/pkg/types.d.ts", "text/plain; charset=utf-8"),
        ("/pkg/attentive_writer_bg.wasm", "application/wasm"),
    ] {
        assert_eq!(server.get(path).header("content-type"), kind);
    }
    let answer = server.ask("POST", "/", &[("Content-Length", "0")]);
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
}

#[test]
fn a_kept_copy_is_asked_about() {
    let folder = site();
    let server = Server::start(&root(&folder));
    let first = server.get("/");
    assert_eq!(first.header("cache-control"), "no-cache");
    let (tag, modified) = (first.header("etag"), first.header("last-modified"));
    assert!(tag.starts_with('"') && modified.ends_with(" GMT"), "{tag} {modified}");
    for header in [("If-None-Match", tag), ("If-Modified-Since", modified)] {
        let again = server.ask("GET", "/", &[header]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{header:?}");
        assert_eq!(again.header("etag"), tag);
        assert!(again.header("content-security-policy").contains("'self'"));
    }
    assert_eq!(server.ask("GET", "/", &[("If-None-Match", "\"other\"")]).status, 200);
    std::fs::write(folder.path().join("www/index.html"), "<p>another page").unwrap();
    let changed = server.ask("GET", "/", &[("If-None-Match", tag)]);
    assert_eq!((changed.status, changed.text()), (200, "<p>another page".to_owned()));
}

#[test]
fn parts_heads_and_packed_files_are_right() {
    let folder = site();
    let write = |path: &str, bytes: &[u8]| std::fs::write(folder.path().join(path), bytes).unwrap();
    let text = "a line that repeats itself\n".repeat(100);
    write("www/long.txt", text.as_bytes());
    write("www/model.safetensors", text.as_bytes());
    write("www/ready.js", b"export const ready = 'as it is, and longer than what is never packed';");
    write("www/ready.js.br", b"brotli");
    write("www/ready.js.gz", b"gzip");
    let server = Server::start(&root(&folder));

    let part = server.ask("GET", "/long.txt", &[("Range", "bytes=2-5")]);
    assert_eq!((part.status, part.text()), (206, text[2..6].to_owned()));
    assert_eq!(part.header("content-range"), format!("bytes 2-5/{}", text.len()));
    assert_eq!(server.ask("GET", "/long.txt", &[("Range", "bytes=9999-")]).status, 416);
    let head = server.ask("HEAD", "/long.txt", &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!((head.header("content-length"), head.header("accept-ranges")), (&*text.len().to_string(), "bytes"));

    let gzip = ("Accept-Encoding", "gzip");
    let packed = server.ask("GET", "/long.txt", &[gzip]);
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    assert!(packed.body.len() < text.len() / 4);
    let tag = packed.header("etag");
    assert!(tag.starts_with("W/\""), "the bytes differ from the file's, so its tag is weak: {tag}");
    assert_eq!(server.ask("GET", "/long.txt", &[gzip, ("If-None-Match", tag)]).status, 304);
    let part = server.ask("GET", "/long.txt", &[gzip, ("Range", "bytes=0-9")]);
    assert_eq!((part.text(), part.header("content-encoding")), (text[..10].to_owned(), ""));
    let weights = server.ask("GET", "/model.safetensors", &[gzip]);
    assert_eq!((weights.header("content-encoding"), weights.body.len()), ("", text.len()));

    for (accepted, encoding, body) in [("br", "br", "brotli"), ("gzip", "gzip", "gzip"), ("gzip, br", "br", "brotli")] {
        let answer = server.ask("GET", "/ready.js", &[("Accept-Encoding", accepted)]);
        assert_eq!((answer.header("content-encoding"), &*answer.text()), (encoding, body));
        assert_eq!(answer.header("content-type"), "text/javascript; charset=utf-8");
    }
    assert!(server.get("/ready.js").text().starts_with("export const ready"));
}

/// A site is one folder, served whole and nothing beside it, with the compressed copies that lie in it.
#[test]
fn a_site_is_served_as_it_is() {
    let folder = site();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join("www").join(path), text).unwrap();
    write("style.css", "p { color: red }");
    write("model.safetensors", "weights");
    write("model.safetensors.br", "shrunk");
    let at = folder.path().join("www");
    let server = Server::start(&["--site", at.to_str().unwrap()]);
    assert_eq!(server.get("/").text(), "<p>the page");
    assert_eq!(server.get("/deeper/").text(), "<p>deeper");
    for hidden in ["/../outside.txt", "/pkg/types.d.ts", "/www/index.html"] {
        assert_eq!(server.get(hidden).status, 404, "{hidden}");
    }
    let shrunk = server.ask("GET", "/model.safetensors", &[("Accept-Encoding", "gzip, br")]);
    assert_eq!((shrunk.header("content-encoding"), &*shrunk.text()), ("br", "shrunk"));
    assert_eq!(server.get("/model.safetensors").text(), "weights");
    // A policy is for documents and scripts.
    let policed = |path| !server.get(path).header("content-security-policy").is_empty();
    assert_eq!(["/", "/style.css", "/model.safetensors"].map(policed), [true, false, false]);
    refused(&["serve", "--port", "0", "--site", folder.path().to_str().unwrap()], &["index.html", "--site"]);
}
