//! OpenSSH's own server on a loopback port, for the tests and the benches.
//!
//! With its own configuration, host keys and authorized keys; nothing of the machine's server is
//! read or changed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};

use iosxe_core::device::Address;
use iosxe_core::ports::{AlgorithmProfile, Credential, Endpoint};
use iosxe_transport::ssh::{BackendKind, SshPolicy};
use tempfile::TempDir;

/// A server that runs until it is dropped.
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    pub dir: TempDir,
    pub address: Address,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            eprintln!("sshd said:\n{}", self.log.lock().unwrap());
        }
    }
}

/// Name, type and passphrase of the keys that every server is given.
const KEYS: [(&str, &str, &str); 6] = [
    ("host_ed25519", "ed25519", ""),
    ("host_rsa", "rsa", ""),
    ("id_ed25519", "ed25519", ""),
    ("id_rsa", "rsa", ""),
    ("id_secret", "ed25519", "open sesame"),
    ("id_stranger", "ed25519", ""),
];

/// The folder with those keys, made once: RSA keys take seconds.
fn keys() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for (name, kind, passphrase) in KEYS {
            let path = folder.path().join(name);
            let path = path.to_str().unwrap();
            run(
                "ssh-keygen",
                &["-q", "-t", kind, "-N", passphrase, "-f", path],
            );
        }
        folder
    });
    folder.path()
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(done.success(), "{program} {arguments:?}");
}

/// The server's program, where this machine has one.
pub fn program() -> Option<PathBuf> {
    ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"]
        .into_iter()
        .map(PathBuf::from)
        .find(|p| p.exists())
}

/// The user that runs this program.
pub fn whoami() -> String {
    let out = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

impl Server {
    /// Starts one with further lines of configuration.
    pub fn start(lines: &str) -> Self {
        let sshd = program().expect("needs sshd: apt-get install openssh-server");
        // Where sshd runs as root it wants this folder; elsewhere nobody minds.
        std::fs::create_dir_all("/run/sshd").ok();
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in KEYS.map(|(name, ..)| name) {
            for file in [name.to_owned(), format!("{name}.pub")] {
                std::fs::copy(keys().join(&file), at(&file)).unwrap();
            }
        }
        let keys = ["id_ed25519", "id_rsa", "id_secret"]
            .map(|k| std::fs::read_to_string(at(&format!("{k}.pub"))).unwrap());
        std::fs::write(at("authorized_keys"), keys.concat()).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|l| l.local_addr())
            .unwrap()
            .port();
        let folder = dir.path().display();
        let config = format!(
            "{lines}\nListenAddress 127.0.0.1:{port}\nHostKey {folder}/host_ed25519\nHostKey {folder}/host_rsa\n\
             AuthorizedKeysFile {folder}/authorized_keys\nPidFile {folder}/pid\nStrictModes no\n\
             UsePAM no\nPermitRootLogin yes\nLogLevel VERBOSE\nMaxStartups 100\n"
        );
        std::fs::write(at("config"), config).unwrap();
        let mut child = Command::new(sshd)
            .args(["-D", "-e", "-f"])
            .arg(at("config"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // "Server listening on …": it says so when it does.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("listening on") {
            assert_ne!(
                stderr.read_line(&mut said).unwrap(),
                0,
                "sshd ended: {said}"
            );
        }
        let log = Arc::new(Mutex::new(said));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|n| n > 0) {
                kept.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self {
            child,
            log,
            dir,
            address: format!("127.0.0.1:{port}").parse().unwrap(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn credential(&self, key: &str) -> Credential {
        credential(self.path(key))
    }

    pub fn endpoint(&self) -> Endpoint {
        endpoint(self.address.clone(), self.credential("id_ed25519"))
    }

    pub fn policy(&self, kind: BackendKind) -> SshPolicy {
        policy(kind, self.path(&format!("known_hosts_{}", kind.name())))
    }
}

/// The user of this program with a key of the server's folder.
pub fn credential(key_file: PathBuf) -> Credential {
    Credential {
        username: whoami(),
        password: None,
        enable: None,
        key_file: Some(key_file),
        key_passphrase: None,
        agent: false,
    }
}

/// A host that is reached at once, with modern algorithms.
pub fn endpoint(address: Address, credential: Credential) -> Endpoint {
    Endpoint {
        device: "sw1".into(),
        address,
        credential,
        jumps: Vec::new(),
        profile: AlgorithmProfile::Modern,
    }
}

/// One backend for everything.
pub fn policy(kind: BackendKind, known_hosts: PathBuf) -> SshPolicy {
    SshPolicy {
        accept_new: true,
        shell_backend: kind,
        bulk_backend: kind,
        ..SshPolicy::new(known_hosts)
    }
}
