//! From words to a typed tree.
//!
//! From the loosest to the tightest: `or`, `and`, `not`, comparisons and `in`, then
//! parentheses, functions, properties and literals.

use super::fit::{Parsed, Typed, compare, fit, fold, plain};
use super::lexer::{Kind, Token};
use super::{Comparison, Expression, Literal, Mistake, Operand, Path, TextTest};
use crate::edm::{EdmType, StructuredType};

/// Parentheses, `not`, functions and lambdas within each other.
const MAX_DEPTH: usize = 40;
/// Comparisons, tests and values of a list.
const MAX_NODES: usize = 2_000;
/// Lambdas within each other: each level multiplies the work by the length of its collection.
const MAX_LAMBDAS: usize = 2;

pub(super) struct Parser {
    tokens: Vec<Token>,
    position: usize,
    of: &'static StructuredType,
    /// The variables of `any` and `all` around here, outermost first.
    variables: Vec<(String, EdmType)>,
    depth: usize,
    nodes: usize,
}

impl Parser {
    pub(super) const fn new(tokens: Vec<Token>, of: &'static StructuredType) -> Self {
        Self {
            tokens,
            position: 0,
            of,
            variables: Vec::new(),
            depth: 0,
            nodes: 0,
        }
    }

    pub(super) fn filter(mut self) -> Parsed<Expression> {
        let expression = self.or()?;
        match &self.peek().kind {
            Kind::End => Ok(expression),
            _ => Err(self.unexpected("'and', 'or' or the end")),
        }
    }

    fn or(&mut self) -> Parsed<Expression> {
        let mut parts = vec![self.and()?];
        while self.takes_word("or") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Expression::Or))
    }

    fn and(&mut self) -> Parsed<Expression> {
        let mut parts = vec![self.not()?];
        while self.takes_word("and") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Expression::And))
    }

    fn not(&mut self) -> Parsed<Expression> {
        if !self.takes_word("not") {
            return self.test();
        }
        let inner = self.deeper(Self::not)?;
        Ok(Expression::Not(Box::new(inner)))
    }

    /// A test in parentheses or a comparison, a function, a lambda.
    fn test(&mut self) -> Parsed<Expression> {
        self.count()?;
        if self.peek().kind == Kind::Open {
            self.next();
            let inner = self.deeper(Self::or)?;
            self.expect(&Kind::Close)?;
            return Ok(inner);
        }
        if let Some(test) = self.text_test()? {
            return self.compared_with_truth(test);
        }
        let left = self.operand()?;
        if let Operand::Path(path) = &left.operand
            && matches!(left.kind, Some(EdmType::Collection(_)))
        {
            let name = path.property.map_or("it", |p| p.name);
            return Err(Mistake::at(
                left.column,
                format!("'{name}' is a collection; ask with {name}/any(x: x eq ...)"),
            ));
        }
        if self.takes_word("in") {
            return self.list(left);
        }
        match self.comparison() {
            Some(comparison) => {
                let right = self.operand()?;
                compare(comparison, left, right)
            }
            None => self.by_itself(left),
        }
    }

    /// A test, which some clients compare with true or false.
    fn compared_with_truth(&mut self, test: Expression) -> Parsed<Expression> {
        let equal = match self.comparison() {
            None => return Ok(test),
            Some(Comparison::Eq) => true,
            Some(Comparison::Ne) => false,
            Some(_) => return Err(self.unexpected("eq or ne before true or false")),
        };
        let truth = if self.takes_word("true") {
            true
        } else if self.takes_word("false") {
            false
        } else {
            return Err(self.unexpected("true or false"));
        };
        Ok(if truth == equal {
            test
        } else {
            Expression::Not(Box::new(test))
        })
    }

    /// An operand that is a test by itself: a property that is true or false.
    fn by_itself(&self, left: Typed) -> Parsed<Expression> {
        match (left.kind, left.operand) {
            (Some(EdmType::Boolean), operand) => Ok(Expression::Holds(operand)),
            _ => Err(self.unexpected("a comparison (eq, ne, gt, ge, lt, le, in)")),
        }
    }

    fn text_test(&mut self) -> Parsed<Option<Expression>> {
        let Kind::Word(name) = &self.peek().kind else {
            return Ok(None);
        };
        let test = match name.to_ascii_lowercase().as_str() {
            "contains" => TextTest::Contains,
            "startswith" => TextTest::StartsWith,
            "endswith" => TextTest::EndsWith,
            _ => return self.lambda(),
        };
        if self.peek_after().kind != Kind::Open {
            return self.lambda();
        }
        self.next();
        self.next();
        let (left, right) = self.deeper(|parser| {
            let left = parser.text_operand()?;
            parser.expect(&Kind::Comma)?;
            Ok((left, parser.text_operand()?))
        })?;
        self.expect(&Kind::Close)?;
        let folded = left.folded || right.folded;
        Ok(Some(Expression::Text(
            test,
            fold(left, folded),
            fold(right, folded),
        )))
    }

    /// `machineTags/any(t: t eq 'x')`, where it begins here.
    fn lambda(&mut self) -> Parsed<Option<Expression>> {
        let Some(all) = self.lambda_ahead() else {
            return Ok(None);
        };
        let column = self.peek().column;
        let (path, kind) = self.path()?;
        let EdmType::Collection(element) = kind else {
            return Err(Mistake::at(column, "'any' and 'all' need a collection"));
        };
        self.next();
        self.next();
        self.expect(&Kind::Open)?;
        if !all && self.peek().kind == Kind::Close {
            self.next();
            return Ok(Some(Expression::Over {
                all,
                path,
                body: None,
            }));
        }
        let Kind::Word(variable) = self.peek().kind.clone() else {
            return Err(self.unexpected("a variable such as x"));
        };
        self.next();
        self.expect(&Kind::Colon)?;
        if self.variables.len() == MAX_LAMBDAS {
            return Err(Mistake::at(
                column,
                format!("'any' and 'all' nested deeper than {MAX_LAMBDAS} levels"),
            ));
        }
        self.variables.push((variable, *element));
        let body = self.deeper(Self::or)?;
        self.variables.pop();
        self.expect(&Kind::Close)?;
        Ok(Some(Expression::Over {
            all,
            path,
            body: Some(Box::new(body)),
        }))
    }

    /// Whether names with slashes between them end in `any(` or `all(`; then
    /// whether it is `all`.
    fn lambda_ahead(&self) -> Option<bool> {
        let kind = |position: usize| self.tokens.get(position).map(|token| &token.kind);
        let mut position = self.position;
        while let (Some(Kind::Slash), Some(Kind::Word(word))) =
            (kind(position + 1), kind(position + 2))
        {
            let all = word.eq_ignore_ascii_case("all");
            if (all || word.eq_ignore_ascii_case("any")) && kind(position + 3) == Some(&Kind::Open)
            {
                return Some(all);
            }
            position += 2;
        }
        None
    }

    fn list(&mut self, left: Typed) -> Parsed<Expression> {
        self.expect(&Kind::Open)?;
        let mut values = Vec::new();
        loop {
            self.count()?;
            let value = self.operand()?;
            let column = value.column;
            let Operand::Literal(literal) = value.operand else {
                return Err(Mistake::at(column, "a list holds values only"));
            };
            values.push(fit(literal, left.kind, left.folded, column)?);
            if self.peek().kind == Kind::Comma {
                self.next();
            } else {
                break;
            }
        }
        self.expect(&Kind::Close)?;
        Ok(Expression::In(left.operand, values))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let Kind::Word(word) = &self.peek().kind else {
            return None;
        };
        let comparison = match word.to_ascii_lowercase().as_str() {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            _ => return None,
        };
        self.next();
        Some(comparison)
    }

    fn text_operand(&mut self) -> Parsed<Typed> {
        let operand = self.operand()?;
        match operand.kind {
            Some(EdmType::String | EdmType::Guid | EdmType::Enum(_)) | None => Ok(operand),
            Some(other) => Err(Mistake::at(
                operand.column,
                format!("expected text, found {other}"),
            )),
        }
    }

    fn operand(&mut self) -> Parsed<Typed> {
        let Token { column, kind } = self.peek().clone();
        let literal = |literal, kind| {
            Ok(Typed {
                operand: Operand::Literal(literal),
                kind,
                folded: false,
                column,
            })
        };
        match kind {
            Kind::Text(text) => {
                self.next();
                literal(Literal::Text(text), Some(EdmType::String))
            }
            Kind::Plain(text) => {
                self.next();
                let (value, kind) = plain(&text).ok_or_else(|| {
                    Mistake::at(column, format!("'{text}' is no number, date or GUID"))
                })?;
                literal(value, Some(kind))
            }
            Kind::Word(word) => match word.as_str() {
                "null" => {
                    self.next();
                    literal(Literal::Null, None)
                }
                "true" | "false" => {
                    self.next();
                    literal(Literal::Bool(word == "true"), Some(EdmType::Boolean))
                }
                _ if self.peek_after().kind == Kind::Open => self.function(&word, column),
                _ => {
                    let (path, kind) = self.path()?;
                    Ok(Typed {
                        folded: path.folded,
                        operand: Operand::Path(path),
                        kind: Some(kind),
                        column,
                    })
                }
            },
            _ => Err(self.unexpected("a property, a value or a function")),
        }
    }

    fn function(&mut self, name: &str, column: usize) -> Parsed<Typed> {
        let make: fn(Box<Operand>) -> Operand = match name.to_ascii_lowercase().as_str() {
            "tolower" => Operand::Lower,
            "toupper" => Operand::Upper,
            "trim" => Operand::Trim,
            "length" => Operand::Length,
            _ => {
                return Err(Mistake::at(
                    column,
                    format!("the function '{name}' is not supported"),
                ));
            }
        };
        self.next();
        self.next();
        let inner = self.deeper(Self::text_operand)?;
        self.expect(&Kind::Close)?;
        let operand = make(Box::new(inner.operand));
        let (kind, folded) = match operand {
            Operand::Length(_) => (EdmType::Int32, false),
            // What has been brought to one case is compared as it is.
            Operand::Lower(_) | Operand::Upper(_) => (EdmType::String, false),
            _ => (EdmType::String, inner.folded),
        };
        Ok(Typed {
            operand,
            kind: Some(kind),
            folded,
            column,
        })
    }

    /// A property, or a variable of a lambda with properties within it.
    fn path(&mut self) -> Parsed<(Path, EdmType)> {
        let Token { column, kind } = self.next();
        let Kind::Word(name) = kind else {
            return Err(Mistake::at(
                column,
                format!("expected a property, found {}", kind.shown()),
            ));
        };
        let variable = self.variables.iter().rposition(|(v, _)| *v == name);
        let (mut path, mut kind) = match variable {
            Some(position) => (
                Path {
                    variable: Some(position),
                    property: None,
                    within: Vec::new(),
                    folded: false,
                },
                self.variables[position].1,
            ),
            None => {
                let property = self
                    .of
                    .member(&name)
                    .ok_or_else(|| unknown(column, name, self.of))?;
                let path = Path {
                    variable: None,
                    property: Some(property),
                    within: Vec::new(),
                    folded: property.folded,
                };
                (path, property.kind)
            }
        };
        while let (EdmType::Complex(of), Kind::Slash) = (kind, &self.peek().kind) {
            self.next();
            let Token { column, kind: word } = self.next();
            let property = match &word {
                Kind::Word(name) => of.property(name),
                _ => None,
            };
            let property = property.ok_or_else(|| {
                let (found, known) = (word.shown(), of.instead(""));
                let message = format!("{found} is no property of {}{known}", of.name);
                Mistake::at(column, message)
            })?;
            path.within.push(property);
            path.folded = property.folded;
            kind = property.kind;
        }
        Ok((path, kind))
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(Mistake::at(
                self.peek().column,
                format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn count(&mut self) -> Parsed<()> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Mistake::at(
                self.peek().column,
                format!("more than {MAX_NODES} conditions"),
            ));
        }
        Ok(())
    }

    fn peek(&self) -> &Token {
        // The last token is the end, which is never passed.
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    fn peek_after(&self) -> &Token {
        &self.tokens[(self.position + 1).min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let there = matches!(&self.peek().kind, Kind::Word(w) if w.eq_ignore_ascii_case(word));
        if there {
            self.next();
        }
        there
    }

    fn expect(&mut self, kind: &Kind) -> Parsed<()> {
        if self.peek().kind == *kind {
            self.next();
            Ok(())
        } else {
            Err(self.unexpected(&kind.shown()))
        }
    }

    fn unexpected(&self, expected: &str) -> Mistake {
        let token = self.peek();
        Mistake::at(
            token.column,
            format!("expected {expected}, found {}", token.kind.shown()),
        )
    }
}

fn unknown(column: usize, name: String, of: &StructuredType) -> Mistake {
    let what = if name.starts_with('@') {
        "annotation"
    } else {
        "property"
    };
    let known = of.instead(&name);
    let name = Kind::Word(name).shown();
    Mistake::at(column, format!("there is no {what} {name} here{known}"))
}

fn one_or(mut parts: Vec<Expression>, many: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}
