//! CycloneDX documents.

use crate::{error, line, machine, merged};

const JSON: &str = r#"{"$schema":"http://cyclonedx.org/schema/bom-1.5.schema.json","bomFormat":"CycloneDX","specVersion":"1.5","version":1,
"metadata":{"timestamp":"2024-02-01T08:00:00Z","component":{"type":"device","name":"pc-017"}},
"components":[{"type":"operating-system","name":"Windows 11","version":"10.0.22631.2428"},
{"type":"application","publisher":"Igor Pavlov","name":"7-Zip","version":"22.01","components":[{"type":"library","supplier":{"name":"Zlib"},"name":"zlib","version":"1.3"}]},
{"type":"firmware","name":"BIOS","version":"1"}]}"#;

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><timestamp>2024-02-01T08:00:00Z</timestamp><component type="device"><name>pc-017</name></component></metadata>
  <components>
    <component type="operating-system"><name>Windows 11</name><version>10.0.22631.2428</version></component>
    <component type="application"><publisher>Igor Pavlov</publisher><name>7-Zip</name><version>22.01</version>
      <components><component type="library"><supplier><name>Zlib</name></supplier><name><![CDATA[zlib]]></name><version>1.3</version></component></components>
    </component>
    <component type="firmware"><name>BIOS</name><version>1</version></component>
  </components>
</bom>"#;

const READ: &str = "pc-017 10.0.22631.2428 ? Client [] [Igor Pavlov|7-Zip|22.01; Zlib|zlib|1.3]";

#[test]
fn both_forms_tell_the_same() {
    assert_eq!(line(&machine(JSON)), READ);
    assert_eq!(line(&machine(XML)), READ);
    assert_eq!(machine(XML).seen_at, machine(JSON).seen_at);
    let prefixed = XML
        .replace("<", "<c:")
        .replace("<c:/", "</c:")
        .replace("<c:?", "<?")
        .replace("<c:!", "<!")
        .replace("xmlns=", "xmlns:c=");
    assert_eq!(line(&machine(&prefixed)), READ);
    let escaped = XML.replace("Igor Pavlov", "A &amp; &#66;");
    assert!(line(&machine(&escaped)).contains("A & B|7-Zip"));
}

#[test]
fn a_list_of_software_alone_goes_with_a_report_of_the_host() {
    let list = r#"{"bomFormat":"CycloneDX","metadata":{"component":{"type":"application","name":"bill"}},"components":[{"type":"application","name":"Git","version":"2.44"}]}"#;
    let host = r#"{"computerDnsName":"pc-1","os":{"version":"10.0.22631.2428"}}"#;
    let merged = merged(&[list, host]);
    assert_eq!(
        line(&merged.machines[0].0),
        "pc-1 10.0.22631.2428 ? ? [] [|Git|2.44]"
    );
}

#[test]
fn what_is_wrong_or_hostile_is_refused() {
    let bomb = XML.replace(
        "<bom",
        "<!DOCTYPE bom [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<bom",
    );
    let deep = format!("<bom>{}", "<components>".repeat(10_000));
    let deep_json = format!(
        r#"{{"bomFormat":"CycloneDX","components":{}"#,
        r#"[{"components":"#.repeat(10_000)
    );
    for (text, told) in [
        (bomb.as_str(), "document type"),
        (&XML.replace("7-Zip", "&own;"), "entity `own`"),
        (
            &XML.replace(
                "</version></component></components>",
                "</version></components>",
            ),
            "line 7",
        ),
        (&XML[..XML.len() - 10], "cut off"),
        (&deep, "deep"),
        (&deep_json, "recursion limit"),
        (&JSON.replace("\"CycloneDX\"", "\"SPDX\""), "`bomFormat`"),
        (&JSON.replace("\"7-Zip\"", "null"), "without a name"),
    ] {
        let error = error(text);
        assert!(error.contains(told), "{told}: {error}");
    }
}
