//! Tables that somebody has pasted, filled in or cut: what is read, and that nothing of it is
//! lost in silence.

use crate::{error, merged};

const WINDOWS: &str = "{\"computerDnsName\":\"pc-017\",\"os\":{\"version\":\"10.0.19045\"}}";

/// The updates of the one host of a list, and what is said of the file.
fn read(list: &str) -> (Vec<u32>, Vec<String>) {
    let merged = merged(&[WINDOWS, list]);
    assert_eq!(merged.errors, [""; 0], "{list}");
    let [(machine, _)] = merged.machines.as_slice() else {
        panic!("{list}: {merged:?}")
    };
    let kbs = machine.installed_kbs.iter().map(|kb| kb.id.number());
    (kbs.collect(), merged.notes)
}

#[test]
fn columns_that_lost_their_places() {
    let both = [5_029_921, 5_031_354];
    for list in [
        // Get-HotFix with its blanks squeezed.
        "Source Description HotFixID InstalledBy InstalledOn\n------ ----------- -------- ----------- -----------\n\
         PC-017 Security Update KB5031354 NT AUTHORITY\\SYSTEM 10/11/2023 12:00:00 AM\n\
         PC-017 Update KB5029921 NT AUTHORITY\\SYSTEM 9/13/2023 12:00:00 AM\n",
        // A column that begins in the middle of a number: a part of it is no number.
        "Description HotFixID InstalledBy\nUpdate KB5031354 SYSTEM\nSecurity KB5029921 SYSTEM\n",
        "HotFixID By\n  KB5031354 SYSTEM\n    KB5029921 SYSTEM\n",
        // wmic qfe, pasted.
        "Caption CSName Description HotFixID InstalledBy InstalledOn\n\
         http://support.microsoft.com/?kbid=5031354 PC-017 Update KB5031354 NT AUTHORITY\\SYSTEM 10/11/2023\n\
         http://support.microsoft.com/?kbid=5029921 PC-017 Update kb5029921 NT AUTHORITY\\SYSTEM 9/13/2023\n",
        "HotFixID InstalledOn\n(KB5031354) 10/11/2023\nKB5029921-v2 9/13/2023\n",
        // A year is no update.
        "HotFixID  Title\n2023      KB5031354\n2023      KB5029921\n",
        // A number alone counts in its own column.
        "HotFixID  InstalledOn\n5031354   10/11/2023\n5029921   9/13/2023\n",
        "HotFixID=KB5031354\nHotFixID=KB5029921-v2\n",
    ] {
        assert_eq!(read(list), (both.to_vec(), Vec::new()), "{list}");
    }
}

#[test]
fn what_is_not_read_is_told() {
    let one = vec![5_031_354];
    for (list, note) in [
        (
            "Source Description HotFixID\nPC-017 Update KB5031354\nPC-017 UpdateKB5029921NT\n",
            "1 row names an update that is not read (line 3: `PC-017 UpdateKB5029921NT`)",
        ),
        (
            "Description HotFixID\nUpdate KB5031354\nSecurity Update 5029921 x\nSecurity Update 5029922 x\n",
            "2 rows name updates that are not read, the first (line 3: `Security Update 5029921 x`)",
        ),
        (
            "HotFixID=KB5031354\nHotFixID=KB502992100\n",
            "1 row names an update that is not read (line 2: `KB502992100`)",
        ),
        // The separator before the number was forgotten, or it stands in another column.
        (
            "HotFixID,Description,InstalledOn\nKB5031354,Update,2023-10-11\n,Update KB5029921,2023-09-13\n",
            "1 row names an update that is not read (line 3: `Update KB5029921 2023-09-13`)",
        ),
        (
            "KB;Title\nKB5031354;x\nxKB5029921;y\n",
            "1 row names an update that is not read (line 3: `xKB5029921 y`)",
        ),
        (
            "KB         Title\n--         -----\nKB5031354  x\n           KB5029921\n",
            "1 row names an update that is not read (line 4: `KB5029921`)",
        ),
    ] {
        let (kbs, notes) = read(list);
        assert_eq!(kbs, one, "{list}");
        let [told] = notes.as_slice() else {
            panic!("{list}: {notes:?}")
        };
        assert!(told.contains(note.trim()), "{list}: {told}");
    }
    // Entries of old systems that are none by right, and numbers in what is another column's.
    for list in [
        "HotFixID  CSName\nFile 1    PC-017\nKB5031354 PC-017\n",
        "HotFixID,Description\nKB5031354,replaces KB5029921\nFile 1,Update\n",
    ] {
        assert_eq!(read(list), (one.clone(), Vec::new()), "{list}");
    }
    // The name of a program that is an update tells it.
    let program =
        "HotFixID,DisplayName\nKB5031354,\n,Update for Microsoft Office 2016 (KB5002820)\n";
    assert_eq!(read(program), (vec![5_002_820, 5_031_354], Vec::new()));
}

#[test]
fn a_list_of_which_nothing_is_read_is_refused_with_its_line() {
    for (list, told) in [
        (
            "Description HotFixID\nUpdateKB5029921 SYSTEM\n",
            "1 row names an update that is not read (line 2: `UpdateKB5029921 SYSTEM`)",
        ),
        (
            "HotFixID,Description\n,Update KB5029921\n",
            "1 row names an update that is not read (line 2: `Update KB5029921`)",
        ),
        (
            "HotFixID,Description\nFile 1,Update\n,\n",
            "none of its 2 rows tells a version of Windows, an update or a program",
        ),
    ] {
        let message = error(list);
        assert!(message.contains(told), "{list}: {message}");
    }
}

#[test]
fn a_header_without_rows_is_told() {
    for (list, form) in [
        ("HotFixID,InstalledOn\n", "a table"),
        ("\"Source\";\"HotFixID\"\r\n", "a table"),
        ("\u{feff}sep=;\nHost;OSVersion;KB\n", "a table"),
        ("HotFixID", "a table"),
        (
            "#TYPE x\n\"DisplayName\",\"DisplayVersion\"\n\n\n",
            "a table",
        ),
        (
            "HotFixID  InstalledOn\n--------  -----------\n\n",
            "a table",
        ),
        (
            "Caption  CSName  HotFixID  InstalledOn  \r\r\n\r\r\n",
            "a list of hotfixes",
        ),
    ] {
        let message = error(list);
        let expected = format!("has a header and no rows (read as {form})");
        assert!(message.starts_with(&expected), "{list}: {message}");
    }
    // Words are no header.
    for text in ["hello", "a,b\n", "the HotFixIDs of hosts\n"] {
        assert!(error(text).contains("no known report"), "{text}");
    }
}
