// SPDX-License-Identifier: Apache-2.0
//! Control groups.
use crate::error::Result;
use crate::spec::resources::Resources;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Saved(pub Vec<String>);
#[derive(Debug, Clone, Default)]
pub struct Cgroup {
    dir: Option<std::sync::Arc<std::fs::File>>,
    path: String,
}
impl Cgroup {
    pub fn locate(path: Option<&str>, id: &str) -> Result<Cgroup> {
        let name = path.map_or_else(|| id.to_string(), |p| p.trim_start_matches('/').to_string());
        Ok(Cgroup { dir: None, path: format!("/sys/fs/cgroup/{name}") })
    }
    pub fn saved(&self) -> Saved {
        Saved(vec![self.path.clone()])
    }
    pub fn open(saved: &Saved) -> Cgroup {
        Cgroup { dir: None, path: saved.0.first().cloned().unwrap_or_default() }
    }
    pub fn create(&mut self, _r: Option<&Resources<'_>>) -> Result<()> {
        use crate::error::Context;
        if std::path::Path::new("/sys/fs/cgroup/cgroup.procs").exists() {
            std::fs::create_dir_all(&self.path).context(|| "mkdir cgroup")?;
            self.dir = Some(std::sync::Arc::new(std::fs::File::open(&self.path).context(|| "open")?));
        }
        Ok(())
    }
    pub fn clone_fd(&self) -> Option<runtime_sys::BorrowedFd<'_>> {
        self.dir.as_ref().map(|d| runtime_sys::AsFd::as_fd(&**d))
    }
    pub fn needs_join(&self) -> bool {
        false
    }
    pub fn join(&self, _pid: i32) -> Result<()> {
        Ok(())
    }
    pub fn is_frozen(&self) -> bool {
        false
    }
    pub fn kill(&self) -> Result<()> {
        Ok(())
    }
    pub fn remove(&self) -> Result<()> {
        let _ = std::fs::remove_dir(&self.path);
        Ok(())
    }
    pub fn view(&self) -> Result<crate::plan::facts::CgroupView<'_>> {
        if std::path::Path::new("/sys/fs/cgroup/cgroup.procs").exists() {
            return Ok(crate::plan::facts::CgroupView::V2(&self.path));
        }
        let own = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let list = own
            .lines()
            .filter_map(|line| {
                let mut parts = line.splitn(3, ':');
                let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
                Some(if let Some(name) = controllers.strip_prefix("name=") {
                    (name.to_owned(), format!("none,name={name}"), format!("/sys/fs/cgroup/{name}{path}"))
                } else if controllers.is_empty() {
                    ("unified".to_owned(), String::new(), format!("/sys/fs/cgroup/unified{path}"))
                } else {
                    (
                        controllers.to_owned(),
                        controllers.to_owned(),
                        format!("/sys/fs/cgroup/{controllers}{path}"),
                    )
                })
            })
            .collect();
        Ok(crate::plan::facts::CgroupView::V1(list))
    }
    pub fn below(self, _paths: &[String]) -> Result<Cgroup> {
        let mut cgroup = self;
        if std::path::Path::new("/sys/fs/cgroup/cgroup.procs").exists() {
            cgroup.dir = std::fs::File::open(&cgroup.path).ok().map(std::sync::Arc::new);
        }
        Ok(cgroup)
    }
    pub fn of_process(_pid: i32) -> Result<Cgroup> {
        Ok(Cgroup::default())
    }
    pub fn thaw(&self) -> Result<()> {
        Ok(())
    }
    pub fn signal_all(&self, _signal: i32) -> Result<()> {
        Ok(())
    }
}
