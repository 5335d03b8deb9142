//! Databases for tests: a folder for SQLite, and the machine's own PostgreSQL server.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// An empty database of one test, gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    location: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sqlite { _folder: TempDir },
    Postgres,
}

impl TestDatabase {
    /// A database of SQLite in a folder of its own.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let location = folder.path().join("database").to_string_lossy().into_owned();
        Self { location, kind: Kind::Sqlite { _folder: folder } }
    }

    /// A database of its own on a PostgreSQL server that this process starts once.
    ///
    /// `None`, said loudly, where no server is installed and `GDHCN_REQUIRE_POSTGRES` is not 1.
    ///
    /// # Panics
    ///
    /// When no server can be started and `GDHCN_REQUIRE_POSTGRES` is 1.
    pub fn postgres() -> Option<Self> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        match SERVER.get_or_init(Server::start) {
            Ok(server) => {
                let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
                server.sql("postgres", &format!("CREATE DATABASE {name}"));
                let location = server.url(&name);
                Some(Self { location, kind: Kind::Postgres })
            }
            Err(why) => {
                assert!(
                    std::env::var_os("GDHCN_REQUIRE_POSTGRES").is_none_or(|value| value != "1"),
                    "PostgreSQL is required and does not start: {why}"
                );
                eprintln!("!!! POSTGRESQL ABSENT: {why}. This test proved nothing.");
                None
            }
        }
    }

    /// The place as a gateway's configuration names it: a folder, or a URL.
    pub fn location(&self) -> String {
        self.location.clone()
    }

    /// A new database of the same kind.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn another(&self) -> Self {
        match self.kind {
            Kind::Sqlite { .. } => Self::sqlite(),
            Kind::Postgres => Self::postgres().expect("the server has made one before"),
        }
    }

    /// Carries out a statement past the program, as a person with another tool does.
    ///
    /// # Panics
    ///
    /// When the database refuses it.
    pub fn by_hand(&self, statement: &str) -> String {
        let mut command = match &self.kind {
            Kind::Sqlite { .. } => {
                let mut command = Command::new("sqlite3");
                command.arg(Path::new(&self.location).join("gateway.sqlite3"));
                command
            }
            Kind::Postgres => {
                let mut command = Command::new("psql");
                command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", &self.location]);
                command.arg("-c");
                command
            }
        };
        let output = command.arg(statement).output().expect("the database's own shell is there");
        assert!(
            output.status.success(),
            "{statement}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
///
/// ```ignore
/// on_both_databases! {
///     async fn keeps_a_row(database: &TestDatabase) { ... }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: &TestDatabase) $body:block)+) => {
        $(
            $(#[$attribute])*
            #[cfg(test)]
            mod $name {
                #[allow(unused_imports, reason = "a test may need nothing of its neighbours")]
                use super::*;

                async fn test($database: &$crate::TestDatabase) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn sqlite() {
                    test(&$crate::TestDatabase::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn postgres() {
                    if let Some(database) = $crate::TestDatabase::postgres() {
                        test(&database).await;
                    }
                }
            }
        )+
    };
}

/// A PostgreSQL server in a temporary folder that listens on a local socket only.
#[derive(Debug)]
struct Server {
    folder: PathBuf,
    /// The guard of the server: it ends the server and removes the folder when its standard input
    /// closes, that is when this process ends, however it ends.
    _guard: Mutex<Child>,
}

impl Server {
    fn start() -> Result<Self, String> {
        let programs = programs()?;
        let folder = tempfile::Builder::new()
            .prefix("gdhcn-pg-")
            .tempdir()
            .map_err(|error| error.to_string())?
            .keep();
        let data = folder.join("data");
        // The server refuses to run as root.
        let user = as_root().then(|| {
            let known = run(Command::new("id").arg("postgres")).is_ok();
            if known { "postgres" } else { "nobody" }
        });
        if let Some(user) = user {
            run(Command::new("chown").arg(user).arg(&folder))?;
        }
        let mut initdb = command_as(user, &programs.join("initdb"));
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        run(initdb.args(["--username=gdhcn", "--pgdata"]).arg(&data))?;

        let mut script = String::new();
        let _ = write!(
            script,
            "trap '' INT HUP; \"$1\" -D \"$2\" -k \"$3\" -c listen_addresses= -c fsync=off \
             -c max_connections=200 >\"$3/log\" 2>&1 & server=$!; cat >/dev/null; \
             kill -INT $server; wait $server; rm -rf \"$3\""
        );
        let mut guard = command_as(user, Path::new("sh"));
        let guard = guard
            .args(["-c", &script, "guard"])
            .arg(programs.join("postgres"))
            .arg(&data)
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let server = Self { folder, _guard: Mutex::new(guard) };
        let until = Instant::now() + Duration::from_secs(60);
        while let Err(why) = server.try_sql("postgres", "SELECT 1") {
            if Instant::now() > until {
                return Err(format!("{why}; {}", server.log()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    fn url(&self, database: &str) -> String {
        let folder = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgresql://gdhcn@{folder}/{database}")
    }

    fn try_sql(&self, database: &str, statement: &str) -> Result<(), String> {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", &self.url(database), "-c", statement]);
        run(&mut psql)
    }

    fn sql(&self, database: &str, statement: &str) {
        self.try_sql(database, statement).unwrap_or_else(|why| panic!("{statement}: {why}"));
    }

    fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut file) = std::fs::File::open(self.folder.join("log")) {
            let _ = file.read_to_string(&mut text);
        }
        text
    }
}

/// The folder of the server's programs: Debian keeps them out of the search path.
fn programs() -> Result<PathBuf, String> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut of_debian: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    of_debian.sort();
    on_path
        .chain(of_debian.into_iter().rev())
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .ok_or_else(|| "initdb and postgres are not installed (package postgresql)".to_owned())
}

fn as_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn command_as(user: Option<&str>, program: &Path) -> Command {
    let mut command = match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
    };
    command.current_dir("/");
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}: {}",
        command.get_program().to_string_lossy(),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
