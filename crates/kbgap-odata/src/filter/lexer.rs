//! The words of a filter.

use super::Mistake;

/// A word and the column where it begins, counted in characters from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) column: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    Colon,
    Slash,
    /// A name or keyword.
    Word(String),
    /// A number, date or GUID as it is written.
    Plain(String),
    /// Text in quotes.
    Text(String),
    End,
}

impl Kind {
    /// The word as a message shows it.
    pub(super) fn shown(&self) -> String {
        let short = |text: &str| text.chars().take(40).collect::<String>();
        match self {
            Self::Open => "'('".to_owned(),
            Self::Close => "')'".to_owned(),
            Self::Comma => "','".to_owned(),
            Self::Colon => "':'".to_owned(),
            Self::Slash => "'/'".to_owned(),
            Self::Word(text) | Self::Plain(text) => format!("'{}'", short(text)),
            Self::Text(text) => format!("the text '{}'", short(text)),
            Self::End => "the end".to_owned(),
        }
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Mistake> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut position = 0;
    while let Some(&first) = characters.get(position) {
        let column = position + 1;
        let kind = match first {
            c if c.is_whitespace() => {
                position += 1;
                continue;
            }
            '(' => single(&mut position, Kind::Open),
            ')' => single(&mut position, Kind::Close),
            ',' => single(&mut position, Kind::Comma),
            ':' => single(&mut position, Kind::Colon),
            '/' => single(&mut position, Kind::Slash),
            '\'' => Kind::Text(quoted(&characters, &mut position)?),
            c if c.is_ascii_digit() || c == '-' || is_guid(&characters[position..]) => {
                Kind::Plain(run(&characters, &mut position, |c| {
                    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '+')
                }))
            }
            c if c.is_ascii_alphabetic() || matches!(c, '_' | '$' | '@') => {
                let name = run(&characters, &mut position, |c| {
                    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '@')
                });
                // `microsoft.windowsDefenderATP.api.RiskScore'High'` is the member High.
                if characters.get(position) == Some(&'\'') {
                    Kind::Text(quoted(&characters, &mut position)?)
                } else {
                    Kind::Word(name)
                }
            }
            other => return Err(Mistake::at(column, format!("unexpected '{other}'"))),
        };
        tokens.push(Token { column, kind });
    }
    tokens.push(Token {
        column: characters.len() + 1,
        kind: Kind::End,
    });
    Ok(tokens)
}

fn single(position: &mut usize, kind: Kind) -> Kind {
    *position += 1;
    kind
}

fn run(characters: &[char], position: &mut usize, belongs: fn(char) -> bool) -> String {
    let text: String = characters[*position..]
        .iter()
        .copied()
        .take_while(|&c| belongs(c))
        .collect();
    // Only ASCII belongs to a run: bytes are characters.
    *position += text.len();
    text
}

/// Text in quotes, in which a quote is written twice.
fn quoted(characters: &[char], position: &mut usize) -> Result<String, Mistake> {
    let column = *position + 1;
    let mut text = String::new();
    let mut next = *position + 1;
    loop {
        match (characters.get(next), characters.get(next + 1)) {
            (Some('\''), Some('\'')) => {
                text.push('\'');
                next += 2;
            }
            (Some('\''), _) => {
                *position = next + 1;
                return Ok(text);
            }
            (Some(&c), _) => {
                text.push(c);
                next += 1;
            }
            (None, _) => return Err(Mistake::at(column, "a text without its closing quote")),
        }
    }
}

/// Whether a GUID begins here: only its first letter could be taken for a name.
fn is_guid(characters: &[char]) -> bool {
    let groups = [8, 4, 4, 4, 12];
    let mut rest = characters.iter();
    groups.iter().enumerate().all(|(i, &length)| {
        (i == 0 || rest.next() == Some(&'-'))
            && (0..length).all(|_| rest.next().is_some_and(char::is_ascii_hexdigit))
    })
}
