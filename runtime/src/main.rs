// SPDX-License-Identifier: Apache-2.0
//! ctrun.
use runtime::sandbox::create::CreateOptions;
use runtime::sandbox::exec::ExecOptions;
use runtime::state::Root;
use runtime::verbs;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let code = go(&args).unwrap_or_else(|error| {
        eprintln!("{error}");
        1
    });
    std::process::exit(code);
}
fn go(args: &[String]) -> runtime::Result<i32> {
    let root = Root::open(std::path::Path::new(&args[0]))?;
    let id = args.get(2).cloned().unwrap_or_default();
    let create = || CreateOptions { id: id.clone(), bundle: ".".into(), ..CreateOptions::default() };
    match args[1].as_str() {
        "run" => return verbs::run::run(&root, create(), false),
        "rund" => verbs::run::run_detached(&root, create())?,
        "create" => drop(verbs::create::create(&root, create())?),
        "start" => verbs::start::start(&root, &id)?,
        "kill" => verbs::kill::kill(&root, &id, 9, false)?,
        "delete" => verbs::delete::delete(&root, &id, false)?,
        "exec" => {
            return verbs::exec::exec(
                &root,
                &ExecOptions { id, args: args[3..].to_vec(), ..ExecOptions::default() },
            );
        }
        "list" => print!("{}", verbs::list::table(&verbs::list::list(&root)?)),
        _ => {}
    }
    Ok(0)
}
