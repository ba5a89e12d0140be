//! The XML form, walked element by element.

use kbgap_catalog::OddKind;

use super::xml::{self, Element, Xml};
use crate::Reason;
use crate::parts::{Parts, Remediation, Threat, ThreatKind};
use crate::reading::Reading;
use crate::text::message;

impl Reading {
    pub(super) fn xml(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let root = xml.root()?;
        if root.eq_ignore_ascii_case("html") {
            return Err(xml::html_page());
        }
        if root != "cvrfdoc" {
            return Err(Reason::NotCvrf(format!(
                "its root element is `{}`, not `cvrfdoc`",
                message(&root)
            )));
        }
        while let Some(element) = xml.child()? {
            match element.name() {
                "DocumentTitle" => self.title = Some(xml.line(&element)?),
                "DocumentTracking" => self.tracking(xml)?,
                "ProductTree" => self.products(xml)?,
                "Vulnerability" => self.vulnerability(xml)?,
                _ => xml.skip(&element)?,
            }
        }
        for detail in xml.take_unreadable() {
            self.odd(OddKind::Value, detail);
        }
        xml.end()
    }

    fn tracking(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        while let Some(element) = xml.child()? {
            match element.name() {
                "Identification" => {
                    while let Some(inner) = xml.child()? {
                        match inner.name() {
                            "ID" => self.id = Some(xml.line(&inner)?),
                            _ => xml.skip(&inner)?,
                        }
                    }
                }
                "RevisionHistory" => self.revision_history(xml)?,
                "InitialReleaseDate" => {
                    let text = xml.text(&element)?;
                    self.initial_release = self.date(&text, "InitialReleaseDate");
                }
                "CurrentReleaseDate" => {
                    let text = xml.text(&element)?;
                    self.current_release = self.date(&text, "CurrentReleaseDate");
                }
                _ => xml.skip(&element)?,
            }
        }
        Ok(())
    }

    /// The last revision listed is the document's own.
    fn revision_history(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        while let Some(revision) = xml.child()? {
            if revision.name() != "Revision" {
                xml.skip(&revision)?;
                continue;
            }
            while let Some(field) = xml.child()? {
                match field.name() {
                    "Number" => self.revision = xml.line(&field)?,
                    _ => xml.skip(&field)?,
                }
            }
        }
        Ok(())
    }

    /// Branches nest to any depth, so they are walked, not recursed into.
    fn products(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let mut depth = 0_u32;
        loop {
            match xml.child()? {
                Some(element) if element.name() == "Branch" => depth += 1,
                Some(element) if element.name() == "FullProductName" => {
                    let id = element.attribute("ProductID");
                    let name = xml.line(&element)?;
                    self.product(id.unwrap_or_default(), name);
                }
                Some(element) => xml.skip(&element)?,
                None if depth == 0 => return Ok(()),
                None => depth -= 1,
            }
        }
    }

    fn vulnerability(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let mut parts = Parts::default();
        while let Some(element) = xml.child()? {
            match element.name() {
                "Title" => parts.record.title = xml.text(&element)?,
                "CVE" => parts.record.id = xml.line(&element)?,
                "Threats" => each(xml, "Threat", |xml, threat| parts.xml_threat(xml, threat))?,
                "CVSSScoreSets" => each(xml, "ScoreSet", |xml, _| parts.xml_score_set(xml))?,
                "Remediations" => each(xml, "Remediation", |xml, r| parts.xml_remediation(xml, r))?,
                "RevisionHistory" => each(xml, "Revision", |xml, _| parts.xml_revision(xml))?,
                _ => xml.skip(&element)?,
            }
        }
        self.take(parts)
    }
}

impl Parts {
    fn xml_threat(&mut self, xml: &mut Xml<'_>, element: &Element) -> Result<(), Reason> {
        let kind = match kind_of(element).as_str() {
            "Impact" => ThreatKind::Impact,
            "Exploit Status" => ThreatKind::ExploitStatus,
            "Severity" => ThreatKind::Severity,
            _ => return xml.skip(element),
        };
        let mut threat = Threat::default();
        while let Some(field) = xml.child()? {
            match (field.name(), kind) {
                ("Description", _) => threat.description = xml.text(&field)?,
                ("ProductID", ThreatKind::Severity) => threat.product_ids.push(xml.text(&field)?),
                _ => xml.skip(&field)?,
            }
        }
        self.threat(kind, threat);
        Ok(())
    }

    fn xml_score_set(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let (mut score, mut vector) = (String::new(), String::new());
        while let Some(field) = xml.child()? {
            match field.name() {
                "BaseScore" => score = xml.text(&field)?,
                "Vector" => vector = xml.text(&field)?,
                _ => xml.skip(&field)?,
            }
        }
        self.score(&score, vector);
        Ok(())
    }

    fn xml_remediation(&mut self, xml: &mut Xml<'_>, element: &Element) -> Result<(), Reason> {
        if kind_of(element) != "Vendor Fix" {
            return xml.skip(element);
        }
        let mut remediation = Remediation::default();
        while let Some(field) = xml.child()? {
            match field.name() {
                "Description" => remediation.description = xml.text(&field)?,
                "SubType" => remediation.subtype = xml.text(&field)?,
                "FixedBuild" => remediation.fixed_build = xml.text(&field)?,
                "Supercedence" => remediation.supersedence = xml.text(&field)?,
                "ProductID" => remediation.product_ids.push(xml.text(&field)?),
                _ => xml.skip(&field)?,
            }
        }
        self.remediation(remediation);
        Ok(())
    }

    fn xml_revision(&mut self, xml: &mut Xml<'_>) -> Result<(), Reason> {
        let (mut number, mut date) = (String::new(), String::new());
        while let Some(field) = xml.child()? {
            match field.name() {
                "Number" => number = xml.text(&field)?,
                "Date" => date = xml.text(&field)?,
                _ => xml.skip(&field)?,
            }
        }
        self.revision(number, &date);
        Ok(())
    }
}

/// The attribute that tells remediations and threats apart.
fn kind_of(element: &Element) -> String {
    element.attribute("Type").unwrap_or_default()
}

/// Calls `read` for every child of the current element with this name.
fn each<'x>(
    xml: &mut Xml<'x>,
    name: &str,
    mut read: impl FnMut(&mut Xml<'x>, &Element) -> Result<(), Reason>,
) -> Result<(), Reason> {
    while let Some(element) = xml.child()? {
        if element.name() == name {
            read(xml, &element)?;
        } else {
            xml.skip(&element)?;
        }
    }
    Ok(())
}
