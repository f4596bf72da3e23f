//! A headless Chromium, driven over its own protocol: a WebSocket of JSON, which needs nothing but a socket.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Chromium, by `SQLSEC_CHROMIUM` or on the path. Says so where there is none.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("SQLSEC_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: no Chromium on the path; SQLSEC_CHROMIUM names one");
    }
    found
}

/// A page in a browser of its own.
pub struct Page {
    browser: Child,
    socket: TcpStream,
    session: String,
    next: u64,
    events: VecDeque<Value>,
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

impl Page {
    /// Opens a file, and waits until it is loaded. `dark` is what the system is said to prefer.
    pub fn open(chromium: &Path, file: &Path, dark: bool) -> Self {
        let profile = file.with_extension(format!("profile-{dark}"));
        let _ = std::fs::remove_dir_all(&profile);
        let mut browser = Command::new(chromium)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--window-size=1440,900",
            ])
            .args(["--remote-debugging-port=0", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a browser");
        let mut lines = BufReader::new(browser.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("DevTools listening on ")
                    .map(ToOwned::to_owned)
            })
            .expect("where the browser listens");
        // Whoever writes to a pipe that nobody reads stops one day.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let mut page = Self {
            browser,
            socket: handshake(&url),
            session: String::new(),
            next: 0,
            events: VecDeque::new(),
        };
        let target = page.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = page.call("Target.attachToTarget", &attach);
        page.session = session["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        page.call("Emulation.setEmulatedMedia", &media);
        let url = format!("file://{}", file.display());
        page.call("Page.navigate", &json!({ "url": url }));
        while !page
            .events
            .iter()
            .any(|e| e["method"] == "Page.loadEventFired")
        {
            let event = page.receive();
            page.events.push_back(event);
        }
        page
    }

    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let ask = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let reply = self.call("Runtime.evaluate", &ask);
        assert!(
            reply["exceptionDetails"].is_null(),
            "{expression}: {}",
            reply["exceptionDetails"]
        );
        reply["result"]["value"].clone()
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({ "type": kind, "key": key });
            if key.chars().count() == 1 && kind == "keyDown" {
                event["text"] = json!(key);
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// What was written to the console, reported or thrown so far.
    pub fn complaints(&self) -> Vec<String> {
        let methods = [
            "Runtime.consoleAPICalled",
            "Runtime.exceptionThrown",
            "Log.entryAdded",
        ];
        let events = self.events.iter();
        let heard = events.filter(|e| methods.contains(&e["method"].as_str().unwrap_or_default()));
        heard.map(|e| e["params"].to_string()).collect()
    }

    /// The addresses that were asked for, but for the file itself.
    pub fn requests(&self) -> Vec<String> {
        let events = self.events.iter();
        let sent = events.filter(|e| e["method"] == "Network.requestWillBeSent");
        let urls = sent.map(|e| e["params"]["request"]["url"].as_str().unwrap().to_owned());
        urls.skip(1)
            .filter(|url| !url.starts_with("data:"))
            .collect()
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        send(&mut self.socket, message.to_string().as_bytes());
        loop {
            let reply = self.receive();
            if reply["id"] == id {
                assert!(reply["error"].is_null(), "{method}: {}", reply["error"]);
                return reply["result"].clone();
            }
            self.events.push_back(reply);
        }
    }

    fn receive(&mut self) -> Value {
        let mut message = Vec::new();
        loop {
            let mut head = [0; 2];
            self.socket.read_exact(&mut head).expect("a frame");
            let length = match head[1] & 127 {
                126 => u64::from(u16::from_be_bytes(self.bytes())),
                127 => u64::from_be_bytes(self.bytes()),
                short => u64::from(short),
            };
            let mut body = vec![0; length as usize];
            self.socket.read_exact(&mut body).expect("a frame's body");
            message.extend(body);
            if head[0] & 128 != 0 {
                return serde_json::from_slice(&message).expect("JSON");
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.socket.read_exact(&mut bytes).expect("a length");
        bytes
    }
}

fn handshake(url: &str) -> TcpStream {
    let rest = url.strip_prefix("ws://").expect("a WebSocket");
    let (host, path) = rest.split_once('/').expect("a path");
    let mut socket = TcpStream::connect(host).expect("the browser's socket");
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    write!(
        socket,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    )
    .unwrap();
    let mut reply = Vec::new();
    while !reply.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("a reply");
        reply.push(byte[0]);
    }
    assert!(
        reply.starts_with(b"HTTP/1.1 101"),
        "{}",
        String::from_utf8_lossy(&reply)
    );
    socket
}

/// One text frame. A client has to mask; a mask of zeros is one.
fn send(socket: &mut TcpStream, text: &[u8]) {
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..=125 => frame.push(128 | short as u8),
        middle @ 126..=65535 => {
            frame.push(128 | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(128 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text);
    socket.write_all(&frame).expect("a sent frame");
}
