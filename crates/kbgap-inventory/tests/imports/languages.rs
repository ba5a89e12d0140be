//! `systeminfo` in languages and code pages of which there is no real file at hand:
//! labels as each language has them, bytes as its console writes them.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, IBM866, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};
use kbgap_catalog::{Architecture, InstallationType};

use crate::machine_of;

/// A language: its code page, then the labels of host, name, version, manufacturer,
/// configuration, the words for the role, "N/A" and "Build", and for installed updates.
struct Language {
    encoding: &'static Encoding,
    host: &'static str,
    labels: [&'static str; 5],
    role: &'static str,
    version: &'static str,
    system_type: &'static str,
    updates: &'static str,
    kind: InstallationType,
}

const RUSSIAN: [&str; 5] = [
    "Имя узла",
    "Название ОС",
    "Версия ОС",
    "Изготовитель ОС",
    "Параметры ОС",
];

const LANGUAGES: [Language; 10] = [
    Language {
        encoding: EUC_KR,
        host: "회계-01",
        labels: [
            "호스트 이름",
            "OS 이름",
            "OS 버전",
            "OS 제조업체",
            "OS 구성",
        ],
        role: "독립 실행형 워크스테이션",
        version: "10.0.19045 N/A 빌드 19045",
        system_type: "시스템 종류",
        updates: "핫픽스",
        kind: InstallationType::Client,
    },
    Language {
        encoding: SHIFT_JIS,
        host: "経理-01",
        labels: ["ホスト名", "OS 名", "OS バージョン", "OS 製造元", "OS 構成"],
        role: "スタンドアロン サーバー",
        version: "10.0.19045 N/A ビルド 19045",
        system_type: "システムの種類",
        updates: "ホットフィックス",
        kind: InstallationType::Server,
    },
    Language {
        encoding: IBM866,
        host: "БУХГАЛТЕР",
        labels: RUSSIAN,
        role: "Изолированная рабочая станция",
        version: "10.0.19045 Н/Д построение 19045",
        system_type: "Тип системы",
        updates: "Исправление(я)",
        kind: InstallationType::Client,
    },
    Language {
        encoding: WINDOWS_1251,
        host: "СКЛАД",
        labels: RUSSIAN,
        role: "Рядовой сервер",
        version: "10.0.19045 Н/Д построение 19045",
        system_type: "Тип системы",
        updates: "Исправление(я)",
        kind: InstallationType::Server,
    },
    Language {
        encoding: GBK,
        host: "财务-01",
        labels: ["主机名", "OS 名称", "OS 版本", "OS 制造商", "OS 配置"],
        role: "独立工作站",
        version: "10.0.19045 暂缺 Build 19045",
        system_type: "系统类型",
        updates: "修补程序",
        kind: InstallationType::Client,
    },
    Language {
        encoding: BIG5,
        host: "會計-01",
        labels: [
            "主機名稱",
            "作業系統名稱",
            "作業系統版本",
            "作業系統製造商",
            "作業系統設定",
        ],
        role: "獨立伺服器",
        version: "10.0.19045 N/A 組建 19045",
        system_type: "系統類型",
        updates: "Hotfix",
        kind: InstallationType::Server,
    },
    Language {
        encoding: WINDOWS_1252,
        host: "BÜRO-01",
        labels: [
            "Hostname",
            "Betriebssystemname",
            "Betriebssystemversion",
            "Betriebssystemhersteller",
            "Betriebssystemkonfiguration",
        ],
        role: "Eigenständige Arbeitsstation",
        version: "10.0.19045 Nicht zutreffend Build 19045",
        system_type: "Systemtyp",
        updates: "Hotfix(es)",
        kind: InstallationType::Client,
    },
    Language {
        encoding: WINDOWS_1252,
        host: "DÉPÔT",
        labels: [
            "Nom de l’hôte",
            "Nom du système d’exploitation",
            "Version du système",
            "Fabricant du système d’exploitation",
            "Configuration du système d’exploitation",
        ],
        role: "Serveur autonome",
        version: "10.0.19045 N/A version 19045",
        system_type: "Type du système",
        updates: "Correctif(s)",
        kind: InstallationType::Server,
    },
    Language {
        encoding: WINDOWS_1252,
        host: "ESPAÑA",
        labels: [
            "Nombre de host",
            "Nombre del sistema operativo",
            "Versión del sistema operativo",
            "Fabricante del sistema operativo",
            "Configuración del sistema operativo",
        ],
        role: "Estación de trabajo independiente",
        version: "10.0.19045 N/D Compilación 19045",
        system_type: "Tipo de sistema",
        updates: "Revisión(es)",
        kind: InstallationType::Client,
    },
    Language {
        encoding: WINDOWS_1252,
        host: "FUNÇÃO",
        labels: [
            "Nome do host",
            "Nome do sistema operacional",
            "Versão do sistema operacional",
            "Fabricante do sistema operacional",
            "Configuração do SO",
        ],
        role: "Estação de trabalho autônoma",
        version: "10.0.19045 N/A compilação 19045",
        system_type: "Tipo de sistema",
        updates: "Hotfix(es)",
        kind: InstallationType::Client,
    },
];

/// The report, with an OS name that does not tell whether it is a server.
fn report(language: &Language) -> String {
    let [host, name, version, manufacturer, configuration] = language.labels;
    let rows = [
        (host, language.host),
        (name, "Microsoft Windows"),
        (version, language.version),
        (manufacturer, "Microsoft Corporation"),
        (configuration, language.role),
        ("-", "Multiprocessor Free"),
        ("-", "x86 team"),
        ("-", ""),
        ("-", "00330-80000-00000-AA580"),
        ("-", "01/02/2024, 10:00:00"),
        ("-", "01/02/2024, 10:00:00"),
        ("-", "LENOVO"),
        ("-", "20X"),
        (language.system_type, "x64-based PC"),
        (language.updates, "2"),
    ];
    let mut text = String::from("\r\n");
    for (label, value) in rows {
        text.push_str(&format!("{label}:          {value}\r\n"));
    }
    text.push_str("                    [01]: KB5031356\r\n                    [02]: KB5031988\r\n");
    text
}

fn check(language: &Language, bytes: &[u8], how: &str) {
    let machine = machine_of(bytes);
    let what = format!("{} {how}", language.labels[0]);
    assert_eq!(machine.computer_dns_name, language.host, "{what}");
    assert_eq!(machine.os.build, 19_045, "{what}");
    assert_eq!(machine.os.architecture, Some(Architecture::X64), "{what}");
    assert_eq!(machine.os.installation_type, Some(language.kind), "{what}");
    assert_eq!(machine.installed_kbs.len(), 2, "{what}");
}

#[test]
fn every_language_in_its_code_page_and_in_unicode() {
    for language in &LANGUAGES {
        let text = report(language);
        let (bytes, _, unmappable) = language.encoding.encode(&text);
        // encoding_rs has no encoder for the console's 866.
        let bytes = if language.encoding == IBM866 {
            cp866(&text)
        } else {
            bytes.into_owned()
        };
        assert!(
            !unmappable || language.encoding == IBM866,
            "{}",
            language.labels[0]
        );
        check(language, &bytes, language.encoding.name());
        check(language, text.as_bytes(), "UTF-8");
        check(language, &crate::utf16(&text), "UTF-16");
    }
}

/// Letters of code page 866 as its tables have them.
fn cp866(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            'А'..='Я' => 0x80 + (u32::from(c) - u32::from('А')) as u8,
            'а'..='п' => 0xa0 + (u32::from(c) - u32::from('а')) as u8,
            'р'..='я' => 0xe0 + (u32::from(c) - u32::from('р')) as u8,
            c => u8::try_from(u32::from(c)).unwrap(),
        })
        .collect()
}

#[test]
fn western_europe_in_the_console_s_code_page() {
    // Letters of code page 850 that these reports have.
    const CP850: [(char, u8); 20] = [
        ('ä', 0x84),
        ('Ü', 0x9a),
        ('É', 0x90),
        ('Ô', 0xe2),
        ('ô', 0x93),
        ('è', 0x8a),
        ('ó', 0xa2),
        ('Ñ', 0xa5),
        ('ñ', 0xa4),
        ('Ç', 0x80),
        ('Ã', 0xc7),
        ('ã', 0xc6),
        ('ç', 0x87),
        ('í', 0xa1),
        ('é', 0x82),
        ('Ã', 0xc7),
        ('õ', 0xe4),
        ('ú', 0xa3),
        ('’', b'\''),
        ('á', 0xa0),
    ];
    for language in LANGUAGES.iter().filter(|l| l.encoding == WINDOWS_1252) {
        let bytes: Vec<u8> = report(language)
            .chars()
            .map(|c| match CP850.iter().find(|(letter, _)| *letter == c) {
                Some((_, byte)) => *byte,
                None => u8::try_from(u32::from(c)).unwrap(),
            })
            .collect();
        check(language, &bytes, "850");
    }
}
