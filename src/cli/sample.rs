use super::Outcome;
/// TODO
#[derive(clap::Args, Default)]
pub struct Sample {}
impl Sample { pub fn run(self) -> Outcome { Ok(()) } }
