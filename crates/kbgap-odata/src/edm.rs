//! Declarations of types: what JSON shows, filters may name and `$metadata` tells
//! all come from the same tables.

use std::fmt;

use crate::Value;

/// The namespace of the API's own types.
pub const NAMESPACE: &str = "microsoft.windowsDefenderATP.api";

/// The second namespace that contexts name.
pub const ANALYTICS: &str = "Analytics.Contracts.PublicAPI";

/// The type of a property.
#[derive(Clone, Copy, Debug)]
pub enum EdmType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number of single precision.
    Single,
    /// A number of double precision.
    Double,
    /// A point in time.
    DateTimeOffset,
    /// A GUID, written as text.
    Guid,
    /// A member of an enumeration, written as text.
    Enum(&'static EnumType),
    /// A complex value.
    Complex(&'static StructuredType),
    /// Several values.
    Collection(&'static Self),
}

/// An enumeration; the members are numbered from 0.
#[derive(Debug)]
pub struct EnumType {
    /// The name.
    pub name: &'static str,
    /// The members in order.
    pub members: &'static [&'static str],
}

impl EnumType {
    /// The number of a member, by which members are ordered; null where it is none.
    #[must_use]
    pub fn rank(&self, member: &Value<'_>) -> Value<'static> {
        let Value::Text(text) = member else {
            return Value::Null;
        };
        let position = self
            .members
            .iter()
            .position(|m| m.eq_ignore_ascii_case(text));
        position.map_or(Value::Null, Value::count)
    }
}

/// An entity or complex type.
#[derive(Debug)]
pub struct StructuredType {
    /// The name within its namespace.
    pub name: &'static str,
    /// The namespace.
    pub namespace: &'static str,
    /// Entities have the key `id`; complex types have none.
    pub is_entity: bool,
    /// The type that it extends.
    pub base: Option<&'static Self>,
    /// The properties that it adds to those of its base, in the order in which they are written.
    pub properties: &'static [Property],
    /// The navigation properties that it adds.
    pub navigation: &'static [Navigation],
    /// Annotations of ours, named with their `@`: written after the properties where
    /// they are neither null nor `false`, and named by expressions like properties. They are no part of
    /// `$metadata`, and a base does not pass them on.
    pub annotations: &'static [Property],
}

/// A declared property.
#[derive(Debug)]
pub struct Property {
    /// The name as it is written.
    pub name: &'static str,
    /// The type.
    pub kind: EdmType,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether filters compare it without regard to case: identifiers and names of hosts.
    pub folded: bool,
    /// Whether it is written only where `$select` names it: what the documentation
    /// does not show.
    pub on_demand: bool,
}

/// A property that leads to other entities; written only where `$expand` names it.
#[derive(Debug)]
pub struct Navigation {
    /// The name.
    pub name: &'static str,
    /// Where it leads.
    pub target: &'static StructuredType,
    /// Whether it leads to several.
    pub many: bool,
}

impl Property {
    /// A property that is never null.
    #[must_use]
    pub const fn new(name: &'static str, kind: EdmType) -> Self {
        Self {
            name,
            kind,
            nullable: false,
            folded: matches!(kind, EdmType::Enum(_) | EdmType::Guid),
            on_demand: false,
        }
    }

    /// A property that may be null.
    #[must_use]
    pub const fn nullable(name: &'static str, kind: EdmType) -> Self {
        Self {
            nullable: true,
            ..Self::new(name, kind)
        }
    }

    /// The same, compared without regard to case.
    #[must_use]
    pub const fn folded(self) -> Self {
        Self {
            folded: true,
            ..self
        }
    }

    /// The same, written only on demand.
    #[must_use]
    pub const fn on_demand(self) -> Self {
        Self {
            on_demand: true,
            ..self
        }
    }
}

impl StructuredType {
    /// All properties, those of the base first.
    pub fn all_properties(&self) -> impl Iterator<Item = &'static Property> {
        let base = self.base.map_or(&[][..], |base| base.properties);
        base.iter().chain(self.properties)
    }

    /// The fragment of the context of a list of these where no entity set holds them.
    #[must_use]
    pub fn collection(&self) -> String {
        format!("Collection({})", self.full_name())
    }

    /// The properties that are written where `$select` does not choose.
    #[must_use]
    pub fn shown(&self) -> Vec<&'static Property> {
        self.all_properties().filter(|p| !p.on_demand).collect()
    }

    /// The property with this name, in any case.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.all_properties()
            .find(|p| p.name.eq_ignore_ascii_case(name))
    }

    /// The property or annotation with this name, in any case: what an expression may name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Property> {
        let annotations = || {
            let mut annotations = self.annotations.iter();
            annotations.find(|a| a.name.eq_ignore_ascii_case(name))
        };
        self.property(name).or_else(annotations)
    }

    /// The end of a message about a name that the type does not have: what could be
    /// meant, unless it would be long.
    #[must_use]
    pub(crate) fn instead(&self, name: &str) -> String {
        let known: Vec<&str> = if name.starts_with('@') {
            self.annotations.iter().map(|a| a.name).collect()
        } else if self.is_entity {
            Vec::new()
        } else {
            self.all_properties().map(|p| p.name).collect()
        };
        if known.is_empty() {
            String::new()
        } else {
            format!("; known are {}", known.join(", "))
        }
    }

    /// All navigation properties, those of the base first.
    pub fn all_navigation(&self) -> impl Iterator<Item = &'static Navigation> {
        let base = self.base.map_or(&[][..], |base| base.navigation);
        base.iter().chain(self.navigation)
    }

    /// The navigation property with this name, in any case.
    #[must_use]
    pub fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.all_navigation()
            .find(|n| n.name.eq_ignore_ascii_case(name))
    }

    /// The name with its namespace.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.namespace, self.name)
    }
}

impl fmt::Display for EdmType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("Edm.String"),
            Self::Boolean => f.write_str("Edm.Boolean"),
            Self::Int32 => f.write_str("Edm.Int32"),
            Self::Int64 => f.write_str("Edm.Int64"),
            Self::Single => f.write_str("Edm.Single"),
            Self::Double => f.write_str("Edm.Double"),
            Self::DateTimeOffset => f.write_str("Edm.DateTimeOffset"),
            Self::Guid => f.write_str("Edm.Guid"),
            Self::Enum(kind) => write!(f, "{NAMESPACE}.{}", kind.name),
            Self::Complex(kind) => f.write_str(&kind.full_name()),
            Self::Collection(element) => write!(f, "Collection({element})"),
        }
    }
}

/// A record whose properties can be asked for by name.
pub trait Record {
    /// The value of a property or annotation of its type, under its declared name.
    fn get(&self, property: &'static str) -> Value<'_>;

    /// Why nothing is known of what the record leads to, where that is so: an empty
    /// list alone would say that there is nothing.
    fn unknown(&self) -> Option<String> {
        None
    }
}
