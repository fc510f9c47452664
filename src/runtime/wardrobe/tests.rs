//! The theme in force: keys, and files that are saved, spoilt, mended and removed while it is worn.

use std::fs;

use ratatui::style::Color;
use tempfile::TempDir;

use super::*;
use crate::theme::Role;

fn wish(theme: &str) -> Wish {
    Wish { theme: theme.to_owned(), depth: Depth::Rgb, is_ascii: false, graphs: Graphs::Block }
}

/// A theme's file in a folder of its own.
struct Own(TempDir);

impl Own {
    fn new(text: &str) -> Self {
        let own = Self(TempDir::new().unwrap());
        own.save(text);
        own
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("mine.toml")
    }

    fn save(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn wear(&self) -> (Wardrobe, Option<ThemeError>) {
        Wardrobe::open(wish(&self.path().display().to_string()))
    }
}

fn go(wardrobe: &Wardrobe) -> Option<Color> {
    wardrobe.theme().style(Role::Go).fg
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_saved_is_in_force_a_second_later() {
    let own = Own::new("[roles]\ngo = { fg = 1 }\n");
    let (mut wardrobe, fault) = own.wear();
    assert_eq!((fault, go(&wardrobe)), (None, Some(Color::Indexed(1))));
    own.save("[roles]\ngo = { fg = 22 }\n");
    assert!(wardrobe.changed().await.starts_with("theme "));
    assert_eq!(go(&wardrobe), Some(Color::Indexed(22)));
}

#[tokio::test(start_paused = true)]
async fn a_spoilt_file_is_refused_with_its_place_and_the_theme_in_force_stays() {
    let own = Own::new("[roles]\ngo = { fg = 1 }\n");
    let (mut wardrobe, _) = own.wear();
    own.save("[roles]\ngo = { fg = 'gren' }\n");
    let said = wardrobe.changed().await;
    let wanted = "the theme stays as it was: mine.toml:2:13: `gren` is not a colour; did you mean `green`?";
    assert_eq!(said, wanted);
    assert_eq!(go(&wardrobe), Some(Color::Indexed(1)));
    fs::remove_file(own.path()).unwrap();
    assert!(wardrobe.changed().await.contains("there is no such file"));
    assert_eq!(go(&wardrobe), Some(Color::Indexed(1)));
    own.save("[roles]\ngo = { fg = 'green' }\n");
    wardrobe.changed().await;
    assert_eq!(go(&wardrobe), Some(Color::Green));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_at_the_start_leaves_the_default_and_is_taken_up_when_mended() {
    let own = Own::new("[roles]\nnogo = {}\n");
    let (mut wardrobe, fault) = own.wear();
    assert!(fault.unwrap().brief().starts_with("mine.toml:2:1: there is no role `nogo`"));
    assert_eq!(wardrobe.theme(), &pick(DEFAULT, Depth::Rgb, false).unwrap());
    own.save("[roles]\ngo = { fg = 3 }\n");
    wardrobe.changed().await;
    assert_eq!(go(&wardrobe), Some(Color::Indexed(3)));
    let (wardrobe, fault) = Wardrobe::open(wish("drak"));
    assert!(fault.unwrap().brief().ends_with("did you mean `dark`?"));
    assert_eq!(wardrobe.theme(), &pick(DEFAULT, Depth::Rgb, false).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_too_large_is_refused_unread() {
    let own = Own::new(&"#".repeat(themes::MAX_BYTES as usize + 1));
    let (_, fault) = own.wear();
    assert!(fault.unwrap().brief().ends_with("it is larger than 65536 bytes"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_file_is_refused_and_nothing_waits_for_it() {
    let own = Own::new("[roles]\ngo = { fg = 1 }\n");
    let (mut wardrobe, _) = own.wear();
    // A named pipe to which nobody writes.
    fs::remove_file(own.path()).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, own.path(), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert!(wardrobe.changed().await.ends_with("it is not a file"));
    assert!(own.wear().1.unwrap().brief().ends_with("it is not a file"));
    fs::remove_file(own.path()).unwrap();
    fs::create_dir(own.path()).unwrap();
    assert!(wardrobe.changed().await.ends_with("it is not a file"));
    assert_eq!(go(&wardrobe), Some(Color::Indexed(1)));
    // Replaced by another one under its name, as editors save.
    fs::remove_dir(own.path()).unwrap();
    let new = own.0.path().join("new");
    fs::write(&new, "[roles]\ngo = { fg = 3 }\n").unwrap();
    fs::rename(new, own.path()).unwrap();
    wardrobe.changed().await;
    assert_eq!(go(&wardrobe), Some(Color::Indexed(3)));
}

#[tokio::test]
async fn going_through_the_themes_leaves_no_tasks_behind() {
    let own = Own::new("");
    let (mut wardrobe, _) = own.wear();
    wardrobe.rail = vec![("mine".to_owned(), Place::File(own.path()))];
    for _ in 0..50 {
        wardrobe.next_theme();
        tokio::task::yield_now().await;
    }
    assert_eq!(wardrobe.tasks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_stays_as_it_is_is_not_news_and_a_shipped_theme_has_no_task() {
    let own = Own::new("[roles]\ngo = { fg = 1 }\n");
    let (mut wardrobe, _) = own.wear();
    assert!(tokio::time::timeout(Duration::from_secs(5), wardrobe.changed()).await.is_err());
    wardrobe.next_theme();
    while wardrobe.tasks.join_next().await.is_some() {}
    assert!(tokio::time::timeout(Duration::from_secs(5), wardrobe.changed()).await.is_err());
    assert!(wardrobe.tasks.is_empty());
}

#[tokio::test]
async fn a_key_goes_through_all_themes_and_all_kinds_of_charts() {
    let (mut wardrobe, _) = Wardrobe::open(wish("default"));
    let shipped = crate::theme::names().count();
    let mut said: Vec<_> = (1..shipped).map(|_| wardrobe.next_theme()).collect();
    assert_eq!(said.first().map(String::as_str), Some("theme dark"));
    said.dedup();
    assert_eq!(said.len(), shipped - 1);
    assert_eq!(wardrobe.next_graphs(), "graphs ascii");
    assert_eq!(wardrobe.theme().glyphs.graphs, Graphs::Ascii);
    // Another theme keeps the charts.
    wardrobe.next_theme();
    assert_eq!(wardrobe.theme().glyphs.graphs, Graphs::Ascii);
    let (mut poor, _) = Wardrobe::open(Wish { is_ascii: true, depth: Depth::Mono, ..wish("default") });
    assert!(poor.next_graphs().contains("nothing else"));
    assert!(poor.next_theme().contains("look like mono"));
}
