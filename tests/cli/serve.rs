//! `serve`.

use crate::support::{command, refused};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

#[test]
fn serve_answers_and_refuses_a_taken_port() {
    let mut child = command(&["serve", "--port", "0", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<serde_json::Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let connect = || TcpStream::connect(host.replace("localhost", "127.0.0.1")).unwrap();
    // A browser opens connections that it may never use: they must not hold up the others.
    let idle: Vec<_> = (0..16).map(|_| connect()).collect();
    let get = |path: &str| {
        let mut stream = connect();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let page = get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<attentive-writer"), "{page}");
    assert!(get("/pkg/attentive_writer_bg.wasm").contains("application/wasm"));
    assert!(get("/weights/mnist.safetensors").starts_with("HTTP/1.1 200"));
    assert!(get("/../Cargo.toml").starts_with("HTTP/1.1 404"));
    drop(idle);
    child.kill().unwrap();
    child.wait().unwrap();

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    refused(&["serve", "--port", &port], &[&port, "--port"]);
    refused(&["serve", "--port", "0", "--root", "/proc"], &["/proc", "www/index.html"]);
}
