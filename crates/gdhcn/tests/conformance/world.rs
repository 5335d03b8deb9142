//! The gateway under test and the network around it.
//!
//! Each gateway is started once for the process and shared by the tests, which therefore look only
//! for what they have uploaded themselves. That also lets them ask another gateway: see
//! `docs/conformance.md`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use gdhcn_testkit::TestDatabase;
use serde_json::{Value, json};

use crate::client::{Answer, Ask};
use crate::description::Description;
use crate::documents;
use crate::guard;
use crate::pki::{Certificate, Material, unique};

const GDHCN: &str = env!("CARGO_BIN_EXE_gdhcn");
/// The folder that describes another gateway.
const OTHER: &str = "GDHCN_CONFORMANCE";

/// Which of the gateways in use is imitated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Who,
    Eu,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgresql,
}

/// A running gateway, the material of its participants, and how to reach it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) material: Material,
    /// `https://HOST:PORT`.
    pub(crate) url: String,
    /// The server's own certificate or its CA.
    pub(crate) authority: PathBuf,
    /// What only a gateway of our own has; none for another one.
    pub(crate) own: Option<Own>,
}

/// A gateway that this process has started.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) folder: PathBuf,
    database: Option<TestDatabase>,
}

/// How a gateway of our own is started.
const SERVE: [&str; 4] = ["gateway", "serve", "--config", "gate/gateway.toml"];

/// The rights that the revocation routes ask for.
const ROLES: [&str; 3] = ["REVOCATION_LIST_READER", "REVOCATION_UPLOADER", "REVOCATION_DELETER"];

impl World {
    /// The shared gateway of a kind. `None`, said loudly, where it cannot be asked: without
    /// PostgreSQL, or where another gateway is asked that is of another kind.
    pub(crate) fn shared(profile: Profile, database: Database) -> Option<&'static Self> {
        static SHARED: [OnceLock<Option<World>>; 4] = [const { OnceLock::new() }; 4];
        let place = match (profile, database) {
            (Profile::Who, Database::Sqlite) => 0,
            (Profile::Who, Database::Postgresql) => 1,
            (Profile::Eu, Database::Sqlite) => 2,
            (Profile::Eu, Database::Postgresql) => 3,
        };
        let world = SHARED[place].get_or_init(|| match std::env::var_os(OTHER) {
            Some(folder) => Self::other(Path::new(&folder), profile, database),
            None => {
                let world = Self::start(profile, database, &[])?;
                if let Some(own) = &world.own {
                    documents::seed(&world, own);
                }
                Some(world)
            }
        });
        world.as_ref()
    }

    /// Another gateway, described by a folder.
    fn other(folder: &Path, profile: Profile, database: Database) -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        let is_eu = read("profile").is_some_and(|text| text.trim() == "eu");
        // It has one database, whichever it is.
        if is_eu != (profile == Profile::Eu) || database != Database::Sqlite {
            eprintln!("not asked of another gateway");
            return None;
        }
        let url = read("url").expect("the folder has a file `url`").trim().to_owned();
        let folder = std::path::absolute(folder).unwrap();
        let authority = folder.join("server.pem");
        Some(Self { profile, material: Material::of(folder), url, authority, own: None })
    }

    /// Starts a gateway in a folder of its own and onboards the participants. Of its configuration
    /// each first text is replaced by the second.
    pub(crate) fn start(
        profile: Profile,
        database: Database,
        changes: &[(&str, &str)],
    ) -> Option<Self> {
        let mut world = Self::prepared(profile, database, changes)?;
        let own = world.own.as_ref()?;
        guard::run(GDHCN, &SERVE, &own.folder);
        world.url = own.wait_for("gateway up at ");
        Some(world)
    }

    /// A gateway with its participants that does not run yet.
    pub(crate) fn prepared(
        profile: Profile,
        database: Database,
        changes: &[(&str, &str)],
    ) -> Option<Self> {
        let material = Material::own().clone();
        let database = match database {
            Database::Sqlite => None,
            Database::Postgresql => Some(TestDatabase::postgres()?),
        };
        let own = Own { folder: guard::folder("world"), database };
        own.init(&material, profile, changes);
        for participant in ["XXA", "XXB", "XXD", "XXE"] {
            own.onboard(&material, participant);
        }
        let authority = material.path("server.pem");
        Some(Self { profile, material, url: String::new(), authority, own: Some(own) })
    }

    /// A request as the holder `name` sends it, such as `XXA/TLS`.
    pub(crate) fn ask(&self, name: &str, method: &str, path: &str) -> Ask<'_> {
        let ask = Ask::new(method, &self.url, path, &self.authority);
        ask.by(&self.material.path(name)).described_by(self.description())
    }

    /// What gateways of this profile say of their interface, asked for once; of another gateway
    /// nothing is known. Those that run behind a proxy or are killed say the same.
    fn description(&self) -> Option<&'static Description> {
        static OF_PROFILES: [OnceLock<Description>; 2] = [const { OnceLock::new() }; 2];
        self.own.as_ref()?;
        let world = Self::shared(self.profile, Database::Sqlite)?;
        let known = &OF_PROFILES[usize::from(self.profile == Profile::Eu)];
        let holder = world.material.path("XXA/TLS");
        let ask = || Ask::new("GET", &world.url, "/openapi.json", &world.authority).by(&holder);
        Some(known.get_or_init(|| Description::new(ask().send().is(200).json())))
    }

    /// A download by participant A.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("XXA/TLS", "GET", path).send()
    }

    /// A new document signer of a participant.
    pub(crate) fn dsc(&self, participant: &str) -> Certificate {
        let country = format!("X{}", &participant[2..]);
        let subject = format!("/C={country}/O=Test/CN=DSC {}", unique());
        self.material.dsc(&format!("{participant}/SCA"), &subject)
    }

    /// Uploads a message as participant A.
    #[track_caller]
    pub(crate) fn upload(&self, message: impl Into<Vec<u8>>) -> Answer {
        self.ask("XXA/TLS", "POST", "/signerCertificate").cms(message).send()
    }

    /// Uploads a certificate of participant A.
    #[track_caller]
    pub(crate) fn store(&self, certificate: &Certificate) {
        self.upload(self.material.message(&certificate.der, "XXA/UP", &[])).done(201);
    }

    /// Deletes what a test has stored.
    #[track_caller]
    pub(crate) fn remove(&self, certificate: &Certificate) {
        let message = self.material.message(&certificate.der, "XXA/UP", &[]);
        self.ask("XXA/TLS", "DELETE", "/signerCertificate").cms(message).send().done(204);
    }

    /// The entry of a list for a certificate, by whatever member tells it.
    #[track_caller]
    pub(crate) fn find(&self, path: &str, certificate: &Certificate) -> Option<Value> {
        let raw = certificate.base64();
        let is = |item: &Value| item["rawData"] == raw || item["certificate"] == raw;
        self.get(path).items().into_iter().find(is)
    }

    /// Has the program audit its own gateway: every entry of the log is signed, and the trust list
    /// follows from the log.
    #[track_caller]
    pub(crate) fn audit(&self) {
        let Some(own) = &self.own else { return };
        let place = |name: &str| self.material.path(name).to_str().unwrap().to_owned();
        let (server, anchor) = (place("server.pem"), place("ta.pem"));
        let (certificate, key) = (place("XXA/TLS.pem"), place("XXA/TLS.key"));
        let log = format!("{}/log", self.url);
        let asked = ["gateway", "audit", "--log", &log, "--key", "gate/log.key.pub", "--json"];
        let whom = ["--gateway", &self.url, "--gateway-ca", &server, "--trust-anchor", &anchor];
        let who = ["--client-cert", &certificate, "--client-key", &key, "--state", "audit.json"];
        let report = own.run(&[&asked, &whom[..], &who].concat());
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["outcome"], "holds", "{report}");
        assert_eq!(report["findings"], json!([]), "{report}");
    }

    /// Whether the network has a holder; each of our own has. `false` is said loudly.
    pub(crate) fn has(&self, name: &str) -> bool {
        let has = self.material.has(name);
        assert!(has || self.own.is_none(), "{name} is missing");
        if !has {
            eprintln!("not asked: the material has no {name}");
        }
        has
    }
}

impl Own {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Starts the gateway as a child of this process; gives it and its address.
    pub(crate) fn serve(&self) -> (Child, String) {
        self.serve_by(Command::new(GDHCN))
    }

    /// The same with signals ignored that the system sends.
    pub(crate) fn serve_ignoring(&self, signal: &str) -> (Child, String) {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' {signal}; exec \"$@\""), "sh", GDHCN]);
        self.serve_by(shell)
    }

    fn serve_by(&self, mut command: Command) -> (Child, String) {
        let file = |name: &str| File::create(self.path(name)).unwrap();
        let child = command
            .args(SERVE)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        (child, self.wait_for("gateway up at "))
    }

    /// Starts the program as a child of this process, which writes into files of this name.
    pub(crate) fn begin(&self, name: &str, arguments: &[&str]) -> Child {
        let file = |end: &str| File::create(self.path(&format!("{name}.{end}"))).unwrap();
        self.command(arguments)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap()
    }

    /// The program in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(GDHCN);
        command.args(arguments).current_dir(&self.folder).env("HOME", &self.folder);
        command
    }

    /// What the program has written that was begun with this name.
    pub(crate) fn said(&self, name: &str) -> String {
        self.text(&format!("{name}.stdout")) + &self.text(&format!("{name}.stderr"))
    }

    /// Runs the program in the folder; gives what it writes.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let (code, said, complained) = self.try_to_run(arguments);
        assert_eq!(code, Some(0), "gdhcn {:?}: {said}{complained}", &arguments[..2]);
        said
    }

    /// Runs the program in the folder; gives its exit code and what it writes on both outputs.
    pub(crate) fn try_to_run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(arguments).output().unwrap();
        let [said, complained] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (output.status.code(), said, complained)
    }

    fn init(&self, material: &Material, profile: Profile, changes: &[(&str, &str)]) {
        let place = |name: &str| material.path(name).to_str().unwrap().to_owned();
        let (anchor, server, key) = (place("ta.pem"), place("server.pem"), place("server.key"));
        let database =
            self.database.as_ref().map_or_else(|| "data".to_owned(), TestDatabase::location);
        let files = ["--trust-anchor", &anchor, "--tls-cert", &server, "--tls-key", &key];
        let listen = ["--listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0"];
        let init = ["gateway", "init", "gate", "--database", &database];
        self.run(&[&init, &files[..], &listen].concat());
        let profile = match profile {
            Profile::Who => "profile = \"who\"",
            Profile::Eu => "profile = \"eu\"",
        };
        let usual = [
            ("#profile = \"who\"", profile),
            ("#uploads = false", "uploads = true"),
            ("#handshakes_per_minute = 1200", "handshakes_per_minute = 1000000"),
            ("#reads_per_minute = 6000", "reads_per_minute = 1000000"),
            ("#writes_per_minute = 1200", "writes_per_minute = 1000000"),
        ];
        let mut config = self.text("gate/gateway.toml");
        for (from, to) in usual.iter().chain(changes) {
            assert!(config.contains(from), "{from}");
            config = config.replace(from, to);
        }
        if !config.contains("\n[log]") {
            config += "\n[log]\norigin = \"gateway.example/log\"\nkey = \"log.key\"\n";
        }
        std::fs::write(self.path("gate/gateway.toml"), config).unwrap();
    }

    /// Onboards a participant with what OpenSSL has signed with the trust anchor's key.
    fn onboard(&self, material: &Material, participant: &str) {
        let uses: &[(&str, &str)] = match participant {
            "XXA" => &[
                ("TLS", "TLS"),
                ("TLS", "TLSOLD"),
                ("TLS", "TLSV1"),
                ("UP", "UP"),
                ("UP", "UP2"),
                ("UP", "UPRSA"),
                ("UP", "UPOLD"),
                ("UP", "UPENDING"),
                ("SCA", "SCA"),
                ("DECA", "DECA"),
            ],
            "XXD" => &[("TLS", "TLS"), ("UP", "UP")],
            "XXE" => &[("TLS", "TLS"), ("UP", "UP"), ("UP", "UPRSA"), ("SCA", "SCA")],
            _ => &[("TLS", "TLS"), ("UP", "UP"), ("SCA", "SCA")],
        };
        // Participant D may do nothing with revocation lists.
        let roles: &[&str] = if participant == "XXD" { &[] } else { &ROLES };
        self.onboard_with(material, participant, uses, roles);
        if participant == "XXA" {
            self.onboard_with(material, participant, &[("TLS", "TLS2")], &[]);
        }
    }

    pub(crate) fn onboard_with(
        &self,
        material: &Material,
        participant: &str,
        uses: &[(&str, &str)],
        roles: &[&str],
    ) {
        let folder = self.path(&format!("handed-in/{}/{participant}", unique()));
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        for (use_, name) in uses {
            let holder = format!("{participant}/{name}");
            let certificate = material.certificate(&holder);
            let pem = std::fs::read(material.path(&holder).with_extension("pem")).unwrap();
            write(&format!("onboarding/DCC/{use_}/{name}.pem"), &pem);
            let country = format!("X{}", &participant[2..]);
            let signature = material.message(&certificate.der, "ta", &[crate::pki::DETACHED]);
            let result = json!({
                "trustAnchorSignature": signature,
                "certificateRawData": certificate.base64(),
                "certificateThumbprint": certificate.thumbprint(),
                "country": country,
            });
            let result_file = format!("onboarding/DCC/{use_}/signed/TNG_TA.signed.{name}.json");
            write(&result_file, result.to_string().as_bytes());
        }
        let folder = folder.to_str().unwrap().to_owned();
        let mut arguments =
            vec!["gateway", "onboard", "--config", "gate/gateway.toml", &folder, "--yes"];
        arguments.push("--signed-results");
        // What the texts ask of certificates for real use.
        let rules: Vec<_> = (1..100).map(|number| format!("L{number:03}")).collect();
        for rule in &rules {
            arguments.extend(["--accept", rule]);
        }
        for role in roles {
            arguments.extend(["--role", role]);
        }
        self.run(&arguments);
    }

    /// The word after the first line of the running gateway that begins so.
    pub(crate) fn wait_for(&self, start: &str) -> String {
        self.word_in("stdout", start, || self.text("stdout") + &self.text("stderr"))
    }

    /// The word after the first line of the program begun with this name that begins so.
    pub(crate) fn word_of(&self, name: &str, start: &str) -> String {
        self.word_in(&format!("{name}.stdout"), start, || self.said(name))
    }

    /// The word after the first line of a file that begins so.
    fn word_in(&self, file: &str, start: &str, said: impl Fn() -> String) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let text = self.text(file);
            // A line is whole when it has its end.
            if let Some((line, _)) =
                text.split_once(start).and_then(|(_, rest)| rest.split_once('\n'))
            {
                let word = line.split_whitespace().next().unwrap_or_default();
                return word.trim_end_matches([';', ',']).to_owned();
            }
            assert!(Instant::now() < until, "{}", said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Changes the database past the gateway, for what it has no way to do.
    pub(crate) fn by_hand(&self, statement: &str) -> String {
        if let Some(database) = &self.database {
            return database.by_hand(statement);
        }
        let output = Command::new("sqlite3")
            .args(["-cmd", ".timeout 10000"])
            .arg(self.path("gate/data/gateway.sqlite3"))
            .arg(statement)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statement}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}
