//! The seam to the two databases: one set of statements in the dialect that SQLite and
//! PostgreSQL share, with `$1` for values. Nothing above this file knows which one it is.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Decode, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Type};

/// How long to wait for a database that others use: a waiting change for its turn, and then
/// for the changes of other processes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long a change may say nothing before PostgreSQL undoes it. A machine that is cut off inside
/// a change would hold up every other one until the server's TCP finds out, after hours.
const SILENCE: Duration = Duration::from_secs(5);

/// The connections: one for changes, which follow one another anyway, and several for readers. So
/// changes that wait for their turn hold none.
#[derive(Debug, Clone)]
pub(crate) enum Pool {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres { writer: PgPool, readers: PgPool },
}

/// How a change goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Without a rest: silence means that its process was cut off.
    Steady,
    /// At the pace of what it reads elsewhere.
    OfItsSource,
}

/// A running transaction; dropping it undoes what it did.
#[derive(Debug)]
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// One row of an answer.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// A value for a statement. Whether it may be absent decides its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Boolean(bool),
    Bytes(Vec<u8>),
}

/// A type that both databases can hand out.
pub(crate) trait Column<'r>:
    Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

impl<'r, T> Column<'r> for T where
    T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>
{
}

/// The statement with its values, for either database.
macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.iter().fold(sqlx::query(AssertSqlSafe($sql)), |query, value| match value {
            Value::Text(text) => query.bind(text.clone()),
            Value::Integer(number) => query.bind(*number),
            Value::Boolean(truth) => query.bind(*truth),
            Value::Bytes(bytes) => query.bind(bytes.clone()),
        })
    };
}

/// A text that only SQLite would take: the two are to answer alike.
#[derive(Debug, thiserror::Error)]
#[error("a value holds a NUL character")]
pub(crate) struct HoldsNul;

/// Refuses what PostgreSQL would refuse.
fn check(values: &[Value]) -> Result<(), sqlx::Error> {
    let holds_nul = |value: &Value| matches!(value, Value::Text(Some(text)) if text.contains('\0'));
    if values.iter().any(holds_nul) {
        return Err(sqlx::Error::Encode(Box::new(HoldsNul)));
    }
    Ok(())
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

impl Pool {
    /// Begins a transaction that sees the content as it is at one moment.
    pub(crate) async fn read(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            // Deferred: the first statement fixes what is seen.
            Self::Sqlite { readers, .. } => Transaction::Sqlite(readers.begin().await?),
            Self::Postgres { readers, .. } => Transaction::Postgres(
                readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        })
    }

    /// Begins a transaction that no other change runs beside, in whichever process.
    pub(crate) async fn write(&self, pace: Pace) -> Result<Transaction, sqlx::Error> {
        match self {
            // IMMEDIATE: a transaction that reads first and writes later could find its reading
            // outdated by another process and fail.
            Self::Sqlite { writer, .. } => {
                Ok(Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
            }
            Self::Postgres { writer, .. } => {
                let began = Instant::now();
                let mut transaction = writer.begin().await?;
                // A lock_timeout of 0 would be none at all.
                let wait = PATIENCE.saturating_sub(began.elapsed()).as_millis().max(500);
                let silence = match pace {
                    Pace::Steady => SILENCE.as_millis(),
                    Pace::OfItsSource => 0,
                };
                // Readers are not held up. What follows sees what the last holder committed.
                let prepare = format!(
                    "SET LOCAL lock_timeout = {wait};
                     SET LOCAL idle_in_transaction_session_timeout = {silence};
                     LOCK TABLE trust_revision IN EXCLUSIVE MODE"
                );
                sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *transaction).await?;
                Ok(Transaction::Postgres(transaction))
            }
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

impl Transaction {
    /// Carries out a statement and tells how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<u64, sqlx::Error> {
        self.execute_dynamic(sql.to_owned(), values).await
    }

    /// [`execute`](Self::execute) for a statement that is put together from constant parts.
    pub(crate) async fn execute_dynamic(
        &mut self,
        sql: String,
        values: &[Value],
    ) -> Result<u64, sqlx::Error> {
        check(values)?;
        Ok(match self {
            Self::Sqlite(transaction) => {
                bound!(sql, values).execute(&mut **transaction).await?.rows_affected()
            }
            Self::Postgres(transaction) => {
                bound!(sql, values).execute(&mut **transaction).await?.rows_affected()
            }
        })
    }

    /// All rows of an answer.
    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<Row>, sqlx::Error> {
        self.rows_dynamic(sql.to_owned(), values).await
    }

    /// [`rows`](Self::rows) for a statement that is put together from constant parts.
    pub(crate) async fn rows_dynamic(
        &mut self,
        sql: String,
        values: &[Value],
    ) -> Result<Vec<Row>, sqlx::Error> {
        check(values)?;
        Ok(match self {
            Self::Sqlite(transaction) => {
                let rows = bound!(sql, values).fetch_all(&mut **transaction).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(transaction) => {
                let rows = bound!(sql, values).fetch_all(&mut **transaction).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// Hands out the rows of an answer as they come, for answers that may be long.
    pub(crate) async fn each(
        &mut self,
        sql: &'static str,
        values: &[Value],
        mut take: impl FnMut(Row) -> Result<(), sqlx::Error>,
    ) -> Result<(), sqlx::Error> {
        check(values)?;
        let sql = sql.to_owned();
        match self {
            Self::Sqlite(transaction) => {
                let mut rows = bound!(sql, values).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(Row::Sqlite(row))?;
                }
            }
            Self::Postgres(transaction) => {
                let mut rows = bound!(sql, values).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }

    /// The only row of an answer, when there is one.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, sqlx::Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The integer in the first column of the only row.
    pub(crate) async fn integer(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<i64, sqlx::Error> {
        self.row(sql, values).await?.ok_or(sqlx::Error::RowNotFound)?.at(0)
    }

    /// The time by the database's clock in epoch milliseconds: the one clock that all processes
    /// share.
    pub(crate) async fn now(&mut self) -> Result<i64, sqlx::Error> {
        let sql = match self {
            Self::Sqlite(_) => {
                "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)"
            }
            // Not the time at which the transaction began: it may have waited for others.
            Self::Postgres(_) => {
                "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
            }
        };
        self.integer(sql, &[]).await
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

impl Row {
    /// The value of a named column.
    pub(crate) fn get<'r, T: Column<'r>>(&'r self, column: &str) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }

    /// The value of the column at a place, counted from 0.
    pub(crate) fn at<'r, T: Column<'r>>(&'r self, place: usize) -> Result<T, sqlx::Error> {
        match self {
            Self::Sqlite(row) => row.try_get(place),
            Self::Postgres(row) => row.try_get(place),
        }
    }

    /// The instant of a column that counts milliseconds.
    pub(crate) fn instant(&self, column: &str) -> Result<jiff::Timestamp, sqlx::Error> {
        instant(column, self.get(column)?)
    }

    /// The instant of a column that counts milliseconds and may be empty.
    pub(crate) fn instant_if_any(
        &self,
        column: &str,
    ) -> Result<Option<jiff::Timestamp>, sqlx::Error> {
        self.get::<Option<i64>>(column)?.map(|value| instant(column, value)).transpose()
    }

    /// The name in a column, as the value that it stands for.
    pub(crate) fn named<T>(&self, column: &str) -> Result<T, sqlx::Error>
    where
        T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        self.get::<String>(column)?.parse().map_err(|error| undecodable(column, error))
    }
}

fn instant(column: &str, milliseconds: i64) -> Result<jiff::Timestamp, sqlx::Error> {
    jiff::Timestamp::from_millisecond(milliseconds).map_err(|error| undecodable(column, error))
}

/// A value that the column's type allows and this program does not know.
pub(crate) fn undecodable(
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(instant: jiff::Timestamp) -> Self {
        Self::Integer(Some(instant.as_millisecond()))
    }
}

impl From<Option<jiff::Timestamp>> for Value {
    fn from(instant: Option<jiff::Timestamp>) -> Self {
        Self::Integer(instant.map(jiff::Timestamp::as_millisecond))
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Boolean(truth)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}
