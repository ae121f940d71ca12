//! `meshline`: the only binary.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Box::pin(server::cli::run()).await
}
