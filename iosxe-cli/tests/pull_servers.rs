//! Images that devices fetch from servers that others wrote: nginx, vsftpd, tftpd-hpa, OpenSSH.
//!
//! Each server runs with a configuration of its own, on a loopback port, until its test ends; nothing
//! of the machine's own servers is read or changed. SCP needs a user with a password: the test makes
//! one and takes it away again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use iosxe_lab::EventKind;
use tempfile::TempDir;

use support::{Bench, Ran, c9300, wait_for};

const FILE: &str = "cat9k_iosxe.17.12.04.SPA.bin";

/// A program that runs until it is dropped.
struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program with its output in `log`.
    fn start(name: &'static str, command: &mut Command, log: PathBuf) -> Self {
        let out = std::fs::File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|e| panic!("needs {name}: {e}"));
        Self { name, child, log }
    }

    /// Waits until it takes connections.
    fn listening(mut self, port: u16) -> Self {
        wait_for(self.name, || {
            let ended = self.child.try_wait().unwrap();
            assert_eq!(ended, None, "{}: {}", self.name, self.said());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        self
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("{} said:\n{}", self.name, self.said());
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let done = Command::new(program)
        .args(arguments)
        .stderr(Stdio::piped())
        .output()
        .unwrap_or_else(|e| panic!("needs {program}: {e}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A folder that every user of the machine may read.
fn open_folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// The lab's image in a folder that servers may read.
fn with_image(bench: &Bench, dir: &TempDir) -> PathBuf {
    let folder = dir.path().join("ios");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(bench.path("images").join(FILE), folder.join(FILE)).unwrap();
    for path in [&folder, &folder.join(FILE)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// An authority and the certificate that it gave 127.0.0.1, made by openssl.
fn certificate(dir: &Path) {
    let at = |name: &str| dir.join(name).display().to_string();
    let key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
    let mut authority = vec!["req", "-x509", "-subj", "/CN=authority of a test"];
    let (ca, ca_key) = (at("ca.pem"), at("ca.key"));
    authority.extend(key);
    authority.extend(["-keyout", &ca_key, "-out", &ca]);
    run("openssl", &authority);
    let (server, server_key) = (at("server.pem"), at("server.key"));
    let mut request = vec!["req", "-x509", "-subj", "/CN=127.0.0.1"];
    request.extend(key);
    request.extend(["-keyout", &server_key, "-out", &server]);
    request.extend(["-CA", &ca, "-CAkey", &ca_key]);
    request.extend(["-addext", "subjectAltName=IP:127.0.0.1"]);
    request.extend(["-addext", "basicConstraints=critical,CA:FALSE"]);
    run("openssl", &request);
}

/// nginx over a folder, with and without TLS: its ports, plain and encrypted.
fn nginx(dir: &Path) -> (Server, u16, u16) {
    let (plain, tls) = (free_port(), free_port());
    let at = dir.display();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {at}/nginx.pid;\nerror_log stderr info;\n\
         events {{}}\n\
         http {{\n  access_log off;\n  client_body_temp_path {at}/t1;\n  proxy_temp_path {at}/t2;\n  \
         fastcgi_temp_path {at}/t3;\n  uwsgi_temp_path {at}/t4;\n  scgi_temp_path {at}/t5;\n  \
         server {{\n    listen 127.0.0.1:{plain};\n    listen 127.0.0.1:{tls} ssl;\n    \
         ssl_certificate {at}/server.pem;\n    ssl_certificate_key {at}/server.key;\n    \
         root {at};\n  }}\n}}\n"
    );
    std::fs::write(dir.join("nginx.conf"), config).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    command.args(["-p"]).arg(dir).arg("-c");
    command.arg(dir.join("nginx.conf"));
    let server = Server::start("nginx", &mut command, dir.join("nginx.log"));
    (server.listening(plain).listening(tls), plain, tls)
}

fn upgrade(bench: &Bench, transfer: &str) -> Ran {
    bench.add_to_configuration(&format!("[transfer]\n{transfer}"));
    bench.run(&["upgrade", "--all", "--approve", "auto", "--output", "json"])
}

#[track_caller]
fn assert_fetched(bench: &Bench, ran: &Ran, by: &str) {
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "upgraded", "{device}\n{}", ran.stderr);
    let timeline = bench.timeline();
    let received: Vec<_> = timeline
        .iter()
        .filter(|e| e.kind == EventKind::FileReceived)
        .map(|e| e.detail["by"].clone())
        .collect();
    assert_eq!(received, [by]);
}

#[test]
#[ignore = "needs nginx and openssl"]
fn nginx_serves_by_http_and_https() {
    let dir = open_folder();
    certificate(dir.path());
    let (_server, plain, tls) = nginx(dir.path());
    for (scheme, port, setting) in [("http", plain, "plain = true"), ("https", tls, "")] {
        let mut spec = c9300("sw-a");
        spec.trusts = vec![dir.path().join("ca.pem")];
        let bench = Bench::new(vec![spec]);
        std::fs::remove_dir_all(dir.path().join("ios")).ok();
        with_image(&bench, &dir);
        let from = format!("from = \"{scheme}://127.0.0.1:{port}/ios\"\n{setting}");
        let ran = upgrade(&bench, &from);
        assert_fetched(&bench, &ran, scheme);
    }
}

#[test]
#[ignore = "needs nginx and openssl"]
fn a_certificate_that_the_device_does_not_trust_ends_the_copy() {
    let dir = open_folder();
    certificate(dir.path());
    let (_server, _, tls) = nginx(dir.path());
    let bench = Bench::new(vec![c9300("sw-a")]);
    with_image(&bench, &dir);
    let ran = upgrade(&bench, &format!("from = \"https://127.0.0.1:{tls}/ios\""));
    let device = ran.device("sw-a");
    assert_eq!(device["outcome"], "dead_letter", "{device}");
    let fault = &device["fault"];
    assert_eq!(fault["code"], "server_error", "{fault}");
    let said = fault["message"].as_str().unwrap();
    assert!(said.ends_with("(I/O error), 4 times"), "{said}");
    let remedy = fault["remedy"].to_string();
    assert!(remedy.contains("trusts its certificate"), "{remedy}");
    assert_eq!(bench.count("sw-a", EventKind::FileReceived), 0);
}

#[test]
#[ignore = "needs nginx and openssl"]
fn nginx_without_the_file_is_asked_once() {
    let dir = open_folder();
    certificate(dir.path());
    let (_server, _, tls) = nginx(dir.path());
    let mut spec = c9300("sw-a");
    spec.trusts = vec![dir.path().join("ca.pem")];
    let bench = Bench::new(vec![spec]);
    let ran = upgrade(&bench, &format!("from = \"https://127.0.0.1:{tls}/ios\""));
    let device = ran.device("sw-a");
    assert_eq!(device["fault"]["code"], "server_no_file", "{device}");
}

#[test]
#[ignore = "needs vsftpd and root"]
fn vsftpd_serves_without_a_login() {
    let dir = open_folder();
    let bench = Bench::new(vec![c9300("sw-a")]);
    with_image(&bench, &dir);
    let port = free_port();
    let at = dir.path().display();
    let config = format!(
        "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
         anonymous_enable=YES\nlocal_enable=NO\nno_anon_password=YES\nanon_root={at}\n\
         secure_chroot_dir={at}\nseccomp_sandbox=NO\npasv_address=127.0.0.1\nxferlog_enable=NO\n"
    );
    let file = dir.path().join("vsftpd.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new("/usr/sbin/vsftpd");
    command.arg(&file);
    let log = dir.path().join("vsftpd.log");
    let _server = Server::start("vsftpd", &mut command, log).listening(port);
    let ran = upgrade(
        &bench,
        &format!("from = \"ftp://127.0.0.1:{port}/ios\"\nplain = true"),
    );
    assert_fetched(&bench, &ran, "ftp");
}

#[test]
#[ignore = "needs tftpd-hpa and root"]
fn tftpd_serves_by_tftp() {
    let dir = open_folder();
    let mut spec = c9300("sw-a");
    spec.config = vec!["ip tftp blocksize 8192".into()];
    let bench = Bench::new(vec![spec]);
    with_image(&bench, &dir);
    let port = {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().port()
    };
    let mut command = Command::new("/usr/sbin/in.tftpd");
    command.args(["--foreground", "--secure", "--user", "nobody", "--address"]);
    command.arg(format!("127.0.0.1:{port}")).arg(dir.path());
    let log = dir.path().join("tftpd.log");
    let _server = Server::start("in.tftpd", &mut command, log);
    wait_for("in.tftpd to listen", || {
        // A request for nothing is answered as soon as somebody is there.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(std::time::Duration::from_millis(200)))
            .unwrap();
        socket
            .send_to(b"\0\x01nothing\0octet\0", ("127.0.0.1", port))
            .ok();
        socket.recv_from(&mut [0; 100]).is_ok()
    });
    let ran = upgrade(
        &bench,
        &format!("from = \"tftp://127.0.0.1:{port}/ios\"\nplain = true"),
    );
    assert_fetched(&bench, &ran, "tftp");
}

/// A user of this machine, for the time of a test.
struct User(String);

impl User {
    fn make(password: &str) -> Self {
        let hash = run("openssl", &["passwd", "-6", password]);
        let name = format!("iosxe-t{}", std::process::id());
        let arguments = ["-M", "-N", "-s", "/bin/sh", "-p", hash.trim(), &name];
        run("useradd", &arguments);
        Self(name)
    }
}

impl Drop for User {
    fn drop(&mut self) {
        Command::new("userdel")
            .arg("-f")
            .arg(&self.0)
            .stderr(Stdio::null())
            .status()
            .ok();
    }
}

#[test]
#[ignore = "needs sshd, openssl and root: makes a user while it runs"]
fn openssh_serves_by_scp_and_sftp_to_whoever_knows_the_password() {
    let password = "correct-horse-battery";
    let user = User::make(password);
    let dir = open_folder();
    let at = dir.path().display();
    let key = dir.path().join("host_key").display().to_string();
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &key]);
    let port = free_port();
    let config = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {key}\nPidFile {at}/pid\nUsePAM no\n\
         PasswordAuthentication yes\nStrictModes no\nSubsystem sftp internal-sftp\n\
         AllowUsers {}\n",
        user.0
    );
    std::fs::write(dir.path().join("sshd.conf"), config).unwrap();
    // Where sshd runs as root it wants this folder.
    std::fs::create_dir_all("/run/sshd").ok();
    let mut command = Command::new("/usr/sbin/sshd");
    command.args(["-D", "-e", "-f"]);
    command.arg(dir.path().join("sshd.conf"));
    let log = dir.path().join("sshd.log");
    let _server = Server::start("sshd", &mut command, log).listening(port);
    let refused = Some("server_login_refused");
    for (scheme, typed, code) in [
        ("scp", password, None),
        ("sftp", password, None),
        ("sftp", "wrong-as-can-be", refused),
    ] {
        let mut bench = Bench::new(vec![c9300("sw-a")]);
        std::fs::remove_dir_all(dir.path().join("ios")).ok();
        let folder = with_image(&bench, &dir);
        bench.environment("SERVER_PASSWORD", typed);
        // Two slashes: from the root of the server.
        let ran = upgrade(
            &bench,
            &format!(
                "from = \"{scheme}://127.0.0.1:{port}/{}\"\ncredential = \"server\"\n\n[[credential]]\n\
                 name = \"server\"\nusername = \"{}\"\npassword_env = \"SERVER_PASSWORD\"",
                folder.display(),
                user.0
            ),
        );
        match code {
            None => assert_fetched(&bench, &ran, scheme),
            Some(code) => assert_eq!(ran.device("sw-a")["fault"]["code"], code),
        }
        assert!(!format!("{:?}", bench.timeline()).contains(typed));
    }
}
