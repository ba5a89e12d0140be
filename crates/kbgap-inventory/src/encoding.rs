//! From bytes to text. Reports come in whatever code page a console had.

use std::cmp::Ordering;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, IBM866, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252,
};

/// The upper half of code page 850, the console's in Western Europe.
const CP850: &str = concat!(
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ",
    "áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐",
    "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀",
    "ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);

/// Words that reports begin with, by the code page in which they are readable:
/// "host name" in Chinese, Japanese, Korean and Russian.
const LABELS: [(&str, &Encoding); 6] = [
    ("主机名", GBK),
    ("主機名稱", BIG5),
    ("ホスト名", SHIFT_JIS),
    ("호스트", EUC_KR),
    ("Имя узла", IBM866),
    ("Имя узла", WINDOWS_1251),
];

/// Makes text of a report: by its byte order mark, else UTF-16 by its zero bytes,
/// else UTF-8 where it is valid, else the code page in which its first label can be
/// read, else that of the two for Western Europe in which more of it can be read.
///
/// Lines may end with a carriage return alone, as where a line feed was lost on the way.
pub(crate) fn decode(bytes: &[u8]) -> String {
    let text = decode_as_is(bytes);
    match !text.contains('\n') && text.contains('\r') {
        true => text.replace('\r', "\n"),
        false => text,
    }
}

fn decode_as_is(bytes: &[u8]) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding
            .decode_without_bom_handling(&bytes[length..])
            .0
            .into_owned();
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let head = &bytes[..bytes.len().min(400)];
    for (label, encoding) in LABELS {
        if encoding.decode_without_bom_handling(head).0.contains(label) {
            return encoding.decode_without_bom_handling(bytes).0.into_owned();
        }
    }
    western(bytes)
}

/// Words of reports whose letters tell the code page, by the languages of Western Europe.
const WESTERN: [&str; 14] = [
    "hôte",
    "système",
    "modèle",
    "démarrage",
    "Versión",
    "Compilación",
    "Configuración",
    "Revisión",
    "Versão",
    "compilação",
    "Configuração",
    "Eigenständig",
    "Gerät",
    "zugehörig",
];

/// The code page in which more words can be read; where none can, the one whose letters
/// the bytes could be.
fn western(bytes: &[u8]) -> String {
    let windows = WINDOWS_1252
        .decode_without_bom_handling(bytes)
        .0
        .into_owned();
    let console = cp850(bytes);
    let readable = |text: &str| WESTERN.iter().filter(|word| text.contains(*word)).count();
    match readable(&windows).cmp(&readable(&console)) {
        Ordering::Greater => windows,
        Ordering::Less => console,
        Ordering::Equal if is_windows_1252(bytes) => windows,
        Ordering::Equal => console,
    }
}

fn cp850(bytes: &[u8]) -> String {
    let upper: Vec<char> = CP850.chars().collect();
    let character = |byte: &u8| match byte.checked_sub(128) {
        Some(position) => upper
            .get(usize::from(position))
            .copied()
            .unwrap_or(char::REPLACEMENT_CHARACTER),
        None => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}

/// Letters with accents stand below 0xa9 in code page 850, where Windows-1252 has
/// signs that no report uses, and from 0xc0 on in Windows-1252.
fn is_windows_1252(bytes: &[u8]) -> bool {
    let mut letters = false;
    for byte in bytes {
        match byte {
            // The blank that does not break, of French: 0xff in code page 850.
            0xa0 => {}
            0x80..=0xa8 | 0xff => return false,
            0xc0..=0xfe => letters = true,
            _ => {}
        }
    }
    letters
}

/// Text in Latin letters has a zero in every other byte. In other scripts only signs,
/// figures and the blanks between columns have one, and these are a quarter at least.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(256) & !1];
    let zeros = |odd: usize| head.chunks_exact(2).filter(|pair| pair[odd] == 0).count();
    let pairs = head.len() / 2;
    let is_text = |low: usize, high: usize| {
        zeros(high) * 3 > pairs * 2 || (zeros(low) == 0 && zeros(high) * 4 > pairs)
    };
    if pairs < 4 {
        None
    } else if is_text(0, 1) {
        Some(UTF_16LE)
    } else if is_text(1, 0) {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_page_850_is_whole() {
        assert_eq!(CP850.chars().count(), 128);
        assert_eq!(
            decode(b"Nom de l'h\x93te: PC\xff1"),
            "Nom de l'h\u{f4}te: PC\u{a0}1"
        );
    }

    #[test]
    fn windows_1252_is_told_from_code_page_850() {
        assert_eq!(
            decode(b"Nom de l'h\xf4te\xa0: B\xdcRO"),
            "Nom de l'h\u{f4}te\u{a0}: B\u{dc}RO"
        );
        assert_eq!(decode(b"Ger\x84t: B\x9aRO"), "Ger\u{e4}t: B\u{dc}RO");
        assert_eq!(decode(b"Versi\xa2n: \xe0"), "Versi\u{f3}n: \u{d3}");
    }

    #[test]
    fn code_pages_are_known_by_the_first_label() {
        for (text, encoding) in [
            ("\r\n主机名:           电脑\r\n", GBK),
            ("\r\nホスト名:         パソコン\r\n", SHIFT_JIS),
            ("\r\n호스트 이름:      컴퓨터\r\n", EUC_KR),
            ("\r\nИмя узла:         Бухгалтерия\r\n", WINDOWS_1251),
            ("\r\n主機名稱:         電腦\r\n", BIG5),
        ] {
            let (bytes, _, unmappable) = encoding.encode(text);
            assert!(!unmappable, "{text}");
            assert_eq!(decode(&bytes), text, "{}", encoding.name());
        }
        // Code page 866: what consoles in Russian write.
        assert_eq!(
            decode(b"\x88\xac\xef \xe3\xa7\xab\xa0:  DC"),
            "Имя узла:  DC"
        );
    }

    #[test]
    fn utf16_with_and_without_mark() {
        let text = "Host Name:   PC-Ä\r\nOS Name:   Microsoft Windows 10";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&le), text);
        assert_eq!(decode(&be), text);
        assert_eq!(decode(&[&[0xff, 0xfe], &le[..]].concat()), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()), text);
    }

    #[test]
    fn utf16_without_mark_in_other_scripts() {
        for text in [
            "\r\nИмя узла:                         DC\r\nНазвание ОС:                      Майкрософт Windows Server 2012 R2 Standard\r\n\
             Версия ОС:                        6.3.9600 Н/Д построение 9600\r\n",
            "\r\n호스트 이름:             컴퓨터\r\nOS 이름:                 Microsoft Windows 11 Pro\r\n",
        ] {
            let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(decode(&le), text);
            assert_eq!(decode(&be), text);
        }
        // A few zero bytes are damage.
        assert!(decode(b"Host Name: \0PC\0 Windows 10 and so on").contains('\0'));
    }

    #[test]
    fn lines_may_end_with_a_carriage_return_alone() {
        assert_eq!(
            decode(b"Host Name: PC\rOS Name: x"),
            "Host Name: PC\nOS Name: x"
        );
        assert_eq!(decode(b"a\r\r\nb\rc"), "a\r\r\nb\rc");
    }
}
