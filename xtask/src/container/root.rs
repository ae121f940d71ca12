//! A root file system, and programs that run in it as in a container: in mount and process namespaces of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::dockerfile::User;
use crate::{process, workspace};

/// What programs find on their `PATH` in images that set none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables that Docker passes to `RUN` without being asked.
const PROXIES: &[&str] = &["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

/// Mounts what a container has and enters the root: `ROOT VOLUMES UID:GID PROGRAM ARGUMENT…`. Where there are volumes,
/// all else is read-only. The mounts are private and vanish with the process.
const ENTER: &str = r#"
set -eu
root=$1 volumes=$2 user=$3
shift 3
mount --bind "$root" "$root"
for volume in $volumes; do mount --bind "$root$volume" "$root$volume"; done
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
if [ -n "$volumes" ]; then mount -o remount,bind,ro "$root"; fi
exec chroot --userspec="$user" --groups="${user#*:}" "$root" "$@"
"#;

/// A root file system in a folder, removed with the value.
pub struct Root {
    folder: PathBuf,
    /// A file with [`ENTER`], so that error messages name it instead of quoting it.
    enter: PathBuf,
}

impl Root {
    /// Makes Debian's minimal system in `folder`. What `mmdebstrap` downloads is kept in the user's cache.
    ///
    /// # Errors
    /// `mmdebstrap` fails, as it does without a network.
    pub fn make(folder: PathBuf, suite: &str) -> Result<Self> {
        let archive = workspace::cache()?.join(format!("{suite}-minbase.tar"));
        if !archive.is_file() {
            let half = archive.with_extension("half-made.tar");
            let mut mmdebstrap = Command::new("mmdebstrap");
            process::run(mmdebstrap.args(["--quiet", "--variant=minbase", suite]).arg(&half))?;
            fs::rename(&half, &archive)?;
        }
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let root = Self { enter: folder.with_extension("enter.sh"), folder };
        fs::write(&root.enter, ENTER)?;
        let mut tar = Command::new("tar");
        tar.args(["--extract", "--numeric-owner", "--preserve-permissions", "--file"]).arg(&archive);
        process::run(tar.arg("--directory").arg(&root.folder))?;
        let resolver = root.folder.join("etc/resolv.conf");
        if !resolver.exists() {
            fs::write(resolver, "")?;
        }
        Ok(root)
    }

    /// A program in the root, with this environment and nothing else of ours. Where there are `volumes`, the program can
    /// write to them alone, whatever its permissions.
    pub fn command(
        &self,
        user: User,
        volumes: &[String],
        env: &[(String, String)],
        line: &[String],
    ) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh"]);
        command
            .arg(&self.enter)
            .arg(&self.folder)
            .arg(volumes.join(" "))
            .arg(format!("{}:{}", user.uid, user.gid))
            .args(line);
        command.env_clear().env("PATH", PATH).envs(env.iter().map(|(name, value)| (name, value)));
        command.current_dir("/");
        command
    }

    /// A command of the shell as root, as `RUN` has it.
    pub fn shell(&self, env: &[(String, String)], command: &str) -> Command {
        let line = ["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()];
        let mut command = self.command(User { uid: 0, gid: 0 }, &[], env, &line);
        for name in PROXIES {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Copies a file, or what is in a folder, to a path in the root. Everything belongs to root afterwards, and others may
    /// read it.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn copy(&self, source: &Path, target: &str) -> Result<()> {
        let into = self.folder.join(target.trim_start_matches('/'));
        if source.is_dir() {
            return copy_folder(source, &into);
        }
        let name = source.file_name().context("a file has a name")?;
        copy_file(source, &if target.ends_with('/') { into.join(name) } else { into })
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.folder).and_then(|()| fs::remove_file(&self.enter));
        if let Err(error) = removed {
            eprintln!("removing {}: {error}", self.folder.display());
        }
    }
}

fn copy_folder(source: &Path, target: &Path) -> Result<()> {
    fs::create_dir_all(target).with_context(|| format!("making {}", target.display()))?;
    for entry in fs::read_dir(source).with_context(|| format!("reading {}", source.display()))? {
        let entry = entry?;
        let (from, to) = (entry.path(), target.join(entry.file_name()));
        match entry.file_type()? {
            kind if kind.is_dir() => copy_folder(&from, &to)?,
            kind if kind.is_file() => copy_file(&from, &to)?,
            _ => bail!("{} is neither a file nor a folder", from.display()),
        }
    }
    Ok(())
}

fn copy_file(source: &Path, target: &Path) -> Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(source, target)
        .with_context(|| format!("copying {} to {}", source.display(), target.display()))?;
    // A strict umask of the one who built it would otherwise decide who can start the program.
    let mode = fs::metadata(source)?.permissions().mode();
    let shared = if mode & 0o100 == 0 { 0o644 } else { 0o755 };
    fs::set_permissions(target, fs::Permissions::from_mode(shared))?;
    Ok(())
}
