//! A gateway whose database takes no changes for a while: it says so, and goes on by itself when it
//! can.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::client::Ask;
use crate::world::{Database, Profile, World};

const STATUS: [&str; 4] = ["gateway", "status", "--config", "gate/gateway.toml"];

/// A gateway on SQLite with the address of its operator's interface. No file may grow beyond a
/// limit that is set from outside: to the program that is a full disk.
struct Limited {
    world: World,
    child: Child,
    operator: String,
}

impl Limited {
    fn start() -> Option<Self> {
        if std::env::var_os("GDHCN_CONFORMANCE").is_some() {
            return None;
        }
        let mut world = World::prepared(Profile::Who, Database::Sqlite, &[])?;
        let own = world.own.as_ref().unwrap();
        let (child, url) = own.serve_ignoring("XFSZ");
        let operator = own.wait_for("health and metrics at ");
        world.url = url;
        // `gateway status` finds it by the configuration.
        let config = own.text("gate/gateway.toml");
        let listen = operator.trim_start_matches("http://");
        let config = config.replace(
            "management_listen = \"127.0.0.1:0\"",
            &format!("management_listen = \"{listen}\""),
        );
        std::fs::write(own.path("gate/gateway.toml"), config).unwrap();
        Some(Self { world, child, operator })
    }

    /// Bytes that a file may have.
    fn limit(&self, bytes: &str) {
        let process = self.child.id().to_string();
        let limit = format!("--fsize={bytes}:unlimited");
        let status = Command::new("prlimit").args(["--pid", &process, &limit]).status();
        assert!(status.expect("prlimit is there (util-linux)").success());
    }

    /// Fills the disk: the database's log of changes cannot grow.
    fn fill(&self) {
        let log = self.world.own.as_ref().unwrap().path("gate/data/gateway.sqlite3-wal");
        self.limit(&std::fs::metadata(log).unwrap().len().to_string());
    }

    fn ready(&self) -> (u16, String) {
        let answer = Ask::new("GET", &self.operator, "/ready", &self.world.authority).send();
        (answer.status, answer.text())
    }

    #[track_caller]
    fn wait_for(&self, status: u16) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let (seen, text) = self.ready();
            if seen == status {
                return text;
            }
            assert!(Instant::now() < until, "{text}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn status(&self) -> (Option<i32>, String) {
        let (code, said, _) = self.world.own.as_ref().unwrap().try_to_run(&STATUS);
        (code, said)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        // It fails only when the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_full_disk_stops_changes_while_it_is_full_and_no_longer() {
    let Some(gate) = Limited::start() else { return };
    let world = &gate.world;
    world.store(&world.dsc("XXA"));
    assert_eq!(gate.ready().0, 200);
    let well = gate.status();
    assert!(!well.1.contains("fault:"), "{}", well.1);

    gate.fill();
    let certificate = world.dsc("XXA");
    let message = world.material.message(&certificate.der, "XXA/UP", &[]);
    for _ in 0..3 {
        assert_eq!(world.upload(message.clone()).status, 500);
    }
    let (code, said) = gate.ready();
    assert_eq!(code, 503, "{said}");
    assert!(said.contains("changes cannot be stored"), "{said}");
    let (code, said) = gate.status();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("fault: changes cannot be stored"), "{said}");
    world.get("/trustList").is(200);

    gate.limit("unlimited");
    gate.wait_for(200);
    world.store(&certificate);
    world.remove(&certificate);
    assert_eq!(gate.ready().0, 200);
    world.audit();
}

#[test]
fn a_disk_that_fills_while_nobody_uploads_is_noticed() {
    let Some(gate) = Limited::start() else { return };
    gate.fill();
    let said = gate.wait_for(503);
    assert!(said.contains("changes cannot be stored"), "{said}");
    gate.limit("unlimited");
    gate.wait_for(200);
}

#[test]
fn a_database_that_is_deleted_below_the_gateway_takes_no_upload() {
    let Some(gate) = Limited::start() else { return };
    let world = &gate.world;
    let own = world.own.as_ref().unwrap();
    std::fs::remove_dir_all(own.path("gate/data")).unwrap();
    let message = world.material.message(&world.dsc("XXA").der, "XXA/UP", &[]);
    assert_eq!(world.upload(message).status, 500, "an upload would be lost at the end");
    let said = gate.wait_for(503);
    assert!(said.contains("deleted or replaced"), "{said}");
    let (code, said) = gate.status();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("gateway.sqlite3") && said.contains("fault:"), "{said}");
}
