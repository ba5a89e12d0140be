//! Names that begin like those of other programs.

use super::id;

#[test]
fn what_is_named_after_a_program_is_not_taken_for_it() {
    for (name, expected) in [
        (
            "Microsoft SharePoint Designer 2013",
            "microsoft-_-sharepoint_designer",
        ),
        ("Microsoft SharePoint Migration Tool", "a part"),
        ("Microsoft SharePoint Workspace 2010", "a part"),
        (
            "Microsoft SharePoint Foundation 2010",
            "microsoft-_-sharepoint_server",
        ),
        (
            "Microsoft Exchange Server 2019 Language Pack - English",
            "a part",
        ),
        (
            "Microsoft Office Web Apps Server 2013",
            "microsoft-_-office_web_apps_server",
        ),
        (
            "Microsoft Office Online Server",
            "microsoft-_-office_online_server",
        ),
        (
            "Microsoft Office Word Viewer 2003",
            "microsoft-_-word_viewer",
        ),
        ("Microsoft Word Viewer", "microsoft-_-word_viewer"),
        ("Microsoft Office Excel Viewer", "microsoft-_-excel_viewer"),
        (
            "Microsoft PowerPoint Viewer",
            "microsoft-_-powerpoint_viewer",
        ),
        (
            "Microsoft Office Visio Viewer 2007",
            "microsoft-_-visio_viewer",
        ),
        (
            "Microsoft Office Visio Professional 2007",
            "microsoft-_-visio",
        ),
        (
            "Microsoft Office Project Professional 2007",
            "microsoft-_-project",
        ),
        (
            "Microsoft Office Project Server 2007",
            "microsoft-_-project_server",
        ),
        (
            "Microsoft Project Server 2013",
            "microsoft-_-project_server",
        ),
        (
            "Microsoft Office SharePoint Server 2007",
            "microsoft-_-sharepoint_server",
        ),
        (
            "Microsoft Office Communicator 2007 R2",
            "microsoft-_-office_communicator",
        ),
        (
            "Microsoft Office Live Meeting 2007",
            "microsoft-_-live_meeting",
        ),
        ("Microsoft Office Outlook 2007", "microsoft-_-outlook"),
        ("Microsoft Office Outlook Connector", "a part"),
        ("Microsoft Office 64-bit Components 2016", "a part"),
        (
            "Microsoft Office Language Pack 2016 - German/Deutsch",
            "a part",
        ),
        ("Microsoft Office File Validation Add-In", "a part"),
        ("Microsoft Access database engine 2016 (English)", "a part"),
        ("Microsoft Access 2013 Runtime", "microsoft-_-access"),
        (
            "Microsoft Access Setup Metadata MUI (English) 2016",
            "a part",
        ),
        ("Microsoft Project MUI (English) 2016", "a part"),
        ("Microsoft Lync MUI (English) 2013", "a part"),
        ("Microsoft Lync Basic 2013", "microsoft-_-lync_basic"),
        ("Microsoft Outlook Hotmail Connector 32-bit", "not known"),
        ("Microsoft Excel Mobile", "not known"),
        (
            "Microsoft Visual Studio Code Insiders",
            "microsoft-_-visual_studio_code",
        ),
        (
            "Microsoft Visual Studio Team Foundation Server 2015",
            "microsoft-_-team_foundation_server",
        ),
        ("Microsoft Visual Studio 2013 Remote Debugger", "a part"),
        (
            "Microsoft Visual C++ v14 Redistributable (x64) - 14.50.35719",
            "microsoft-_-visual_c++_redistributable",
        ),
        (
            "Microsoft Dynamics 365 Business Central Server",
            "microsoft-_-dynamics_365_business_central",
        ),
        ("Microsoft Azure AD Connect Health agent for sync", "a part"),
        (
            "Microsoft SQL Server 2012 Express LocalDB",
            "microsoft-_-sql_server_localdb",
        ),
        (
            "Microsoft SQL Server 2008 R2 Native Client",
            "microsoft-_-sql_server_native_client",
        ),
        (
            "Microsoft PowerBI Desktop (x64)",
            "microsoft-_-power_bi_desktop",
        ),
        ("PowerShell 6.2.7.0-x64", "microsoft-_-powershell"),
        ("PowerShell 7-preview-x64", "microsoft-_-powershell"),
        ("Microsoft Edge Canary", "microsoft-_-edge_chromium-based"),
        (
            "Windows Admin Center (v2)",
            "microsoft-_-windows_admin_center",
        ),
        (
            "Azure DevOps Server 2020 Update 1",
            "microsoft-_-azure_devops_server",
        ),
        (
            "Compatibility Pack for the 2007 Office system",
            "microsoft-_-office_compatibility_pack",
        ),
        // Click-to-Run in languages that begin with something else.
        (
            "Aplicaciones de Microsoft 365 para empresas - es-es",
            "microsoft-_-office",
        ),
        (
            "엔터프라이즈용 Microsoft 365 앱 - ko-kr",
            "microsoft-_-office",
        ),
        ("Contoso for Microsoft 365 Users", "not known"),
    ] {
        assert_eq!(id("Microsoft Corporation", name), expected, "{name}");
    }
}
