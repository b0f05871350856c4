//! Calls operations: once, page by page, record by record.

use std::collections::HashSet;

use futures::stream::{self, Stream, StreamExt};
use tokio::task::JoinSet;

use super::input::Wrong;
use super::{Input, OperationTypes, Paged};
use crate::connections::Connection;
use crate::error::Error;
use crate::model::{Date, Instant, Page, ValidationError};

/// Completes and checks the input, then calls the adapter.
pub(crate) async fn call<O: OperationTypes>(connection: &Connection, mut input: O::Input) -> Result<O::Output, Error> {
    let operation = &O::OPERATION;
    input.complete();
    let today = jiff::Timestamp::try_from(Instant::now()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let today: Date = connection.time_zone().to_datetime(today).date().into();
    let mut wrong = Wrong::default();
    input.check(today, &mut wrong);
    let fields = wrong.into_fields();
    if !fields.is_empty() {
        let message = "the input breaks a rule of the operation".to_owned();
        let error = ValidationError { message, fields };
        return Err(Error::Input { operation: operation.name.to_owned(), error });
    }
    connection.invoke(operation.domain.interface(), operation.function, operation.name, (input,)).await
}

/// All pages of a list. While the caller works on one, the next is fetched; dropping the stream stops that.
///
/// A page that fails ends the stream with its error. A cursor that comes twice ends it too: the vendor's pages would
/// never end.
pub(crate) fn pages<O>(
    connection: Connection,
    input: O::Input,
) -> impl Stream<Item = Result<O::Output, Error>> + Send + 'static
where
    O: OperationTypes<Input: Paged, Output: NextCursor>,
{
    let mut pages = Pages::<O> { seen: HashSet::new(), fetching: JoinSet::new(), connection, input };
    if let Some(cursor) = pages.input.cursor() {
        pages.seen.insert(cursor.to_owned());
    }
    stream::unfold((pages, true), |(mut pages, first)| async move {
        if first {
            pages.fetch();
        }
        let page = match pages.fetching.join_next().await? {
            Ok(page) => page,
            Err(error) => Err(Error::Internal(format!("a page's task ended: {error}"))),
        };
        let page = page.and_then(|page| pages.prefetch_after(page));
        if page.is_err() {
            pages.fetching.abort_all();
            pages.fetching.detach_all();
        }
        Some((page, (pages, false)))
    })
}

/// All records of a list, one by one.
pub(crate) fn records<O, T>(
    connection: Connection,
    input: O::Input,
) -> impl Stream<Item = Result<T, Error>> + Send + Unpin + use<O, T>
where
    O: OperationTypes<Input: Paged, Output = Page<T>>,
    T: Send + 'static,
    Page<T>: NextCursor,
{
    let records = pages::<O>(connection, input).flat_map(|page| match page {
        Ok(page) => stream::iter(page.items).map(Ok).left_stream(),
        Err(error) => stream::once(async { Err(error) }).right_stream(),
    });
    Box::pin(records)
}

/// A page that knows where the next one is.
pub(crate) trait NextCursor {
    /// The cursor.
    fn next_cursor(&self) -> Option<&str>;
}

impl<T> NextCursor for Page<T> {
    fn next_cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

struct Pages<O: OperationTypes> {
    connection: Connection,
    input: O::Input,
    seen: HashSet<String>,
    // One task at most; aborted when dropped.
    fetching: JoinSet<Result<O::Output, Error>>,
}

impl<O: OperationTypes<Input: Paged, Output: NextCursor>> Pages<O> {
    fn fetch(&mut self) {
        let (connection, input) = (self.connection.clone(), self.input.clone());
        self.fetching.spawn(async move { call::<O>(&connection, input).await });
    }

    /// Starts on the page after this one.
    fn prefetch_after(&mut self, page: O::Output) -> Result<O::Output, Error> {
        let Some(next) = page.next_cursor() else { return Ok(page) };
        if !self.seen.insert(next.to_owned()) {
            return Err(Error::RepeatedCursor {
                connection: self.connection.name().to_owned(),
                adapter: self.connection.adapter().to_owned(),
                operation: O::OPERATION.name.to_owned(),
            });
        }
        self.input.set_cursor(Some(next.to_owned()));
        self.fetch();
        Ok(page)
    }
}
