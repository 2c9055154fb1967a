//! What is served: the files of two folders, with the headers of a careful host.

use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tower_http::CompressionLevel;
use tower_http::compression::Compression;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::services::ServeDir;
use tower_http::services::fs::{Backend, TokioBackend, TokioFile};

/// Scripts, styles and data of this site alone. WebAssembly is compiled; workers of a page on another site begin as a
/// blob; pages for trying the element hold styles of their own; and any page may hold a frame of this site.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; \
     connect-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self'; \
     media-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'";

/// On every answer. A new version is seen at once, since a kept copy is asked about first; anyone may use the element.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// What is served: the folders `www` and `pkg`, a path that does not begin with either name being one in `www`; or a
/// site, which is one folder.
#[derive(Clone)]
pub struct Folders {
    root: Arc<Path>,
    /// Where they are, links followed.
    real: Arc<[PathBuf]>,
    site: bool,
}

impl Folders {
    /// # Errors
    /// If either folder is not there.
    pub fn of(root: &Path) -> io::Result<Folders> {
        let real = [root.join("www").canonicalize()?, root.join("pkg").canonicalize()?];
        Ok(Folders { root: root.into(), real: Arc::new(real), site: false })
    }

    /// # Errors
    /// If the folder is not there.
    pub fn of_site(root: &Path) -> io::Result<Folders> {
        Ok(Folders { root: root.into(), real: Arc::new([root.canonicalize()?]), site: true })
    }

    /// The file or folder that a path means, links followed, if it lies in one of them.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let path = path.strip_prefix(".").unwrap_or(path);
        let named = self.site || path.starts_with("www") || path.starts_with("pkg");
        let real = if named { self.root.join(path) } else { self.root.join("www").join(path) }.canonicalize()?;
        // A pipe or a device would keep who opens it waiting.
        if self.real.iter().any(|folder| real.starts_with(folder)) && (real.is_file() || real.is_dir()) {
            Ok(real)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }
}

type Later<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Folders {
    type File = TokioFile;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Later<TokioFile>;
    type MetadataFuture = Later<std::fs::Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let folders = self.clone();
        Box::pin(async move { TokioBackend.open(folders.resolve(&path)?).await })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let folders = self.clone();
        Box::pin(async move { TokioBackend.metadata(folders.resolve(&path)?).await })
    }
}

/// Answers requests with files, compressed where that gains: weights do not shrink, and would only come later.
pub fn service(
    folders: Folders,
) -> impl Service<
    Request<Incoming>,
    Response = Response<impl Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    let files = ServeDir::with_backend("", folders).precompressed_gzip().precompressed_br();
    let packed =
        [NotForContentType::const_new("application/octet-stream"), NotForContentType::const_new("application/gzip")];
    let [weights, archives] = packed;
    let compressible = SizeAbove::default().and(NotForContentType::IMAGES).and(weights).and(archives);
    let files = Compression::new(files).quality(CompressionLevel::Fastest).compress_when(compressible);
    Dressed(TowerToHyperService::new(files))
}

/// Puts the headers on what the service within answers.
#[derive(Clone)]
struct Dressed<S>(S);

impl<S, B> Service<Request<Incoming>> for Dressed<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let answer = self.0.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            dress(response.headers_mut());
            Ok(response)
        })
    }
}

fn dress(headers: &mut header::HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let value = |headers: &header::HeaderMap, name: HeaderName| {
        headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
    };
    let of_text = match value(headers, header::CONTENT_TYPE).as_deref() {
        // By its ending, TypeScript is taken for a film; notes are to be read here, not saved.
        Some("text/markdown" | "video/vnd.dlna.mpeg-tts") => Some("text/plain; charset=utf-8".to_owned()),
        Some(text) if text.starts_with("text/") && !text.contains(';') => Some(format!("{text}; charset=utf-8")),
        _ => None,
    };
    if let Some(value) = of_text.and_then(|v| v.try_into().ok()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    // What is neither a document nor a script has nothing that a policy could forbid.
    let inert = ["text/css; charset=utf-8", "application/wasm", "application/octet-stream"];
    if value(headers, header::CONTENT_TYPE).is_none_or(|kind| !inert.contains(&&*kind)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    // The tag is of the file; what was compressed on the way has the same meaning, not the same bytes.
    let tag = value(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"));
    if let Some(tag) = tag.filter(|_| headers.contains_key(header::CONTENT_ENCODING)) {
        headers.insert(header::ETAG, format!("W/{tag}").try_into().expect("a tag stays one"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_folders_are_served() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folders = Folders::of(root).unwrap();
        let resolve = |path: &str| folders.resolve(Path::new(path)).ok();
        assert!(resolve("./main.js").unwrap().ends_with("www/main.js"));
        assert!(resolve("./www/main.js").unwrap().ends_with("www/main.js"));
        assert!(resolve("./pkg/package.json").unwrap().ends_with("pkg/package.json"));
        assert!(resolve("").unwrap().ends_with("www"));
        for hidden in
            ["Cargo.toml", "../Cargo.toml", "www/../Cargo.toml", "pkg/../.git/config", "/etc/passwd", "www/.."]
        {
            assert_eq!(resolve(hidden), None, "{hidden}");
        }
    }
}
