@echo off
rem Collects what kbgap needs to know of this host where PowerShell may not run, into files that
rem "kbgap machine import FOLDER" reads. Changes nothing else.
rem
rem   collect.cmd [FOLDER]     without FOLDER: one with the host's name, in the current folder
rem
rem Exit codes: 0 all went well; 1 the folder cannot be written, or the registry cannot be read.
setlocal EnableExtensions DisableDelayedExpansion

set "FOLDER=%~1"
if not defined FOLDER set "FOLDER=%COMPUTERNAME%"
if not exist "%FOLDER%\" mkdir "%FOLDER%" 2>nul
if not exist "%FOLDER%\" (
  echo collect.cmd: error: the folder "%FOLDER%" cannot be made 1>&2
  exit /b 1
)

rem A 32-bit console sees only a part of the registry, and the whole of it by this folder. A console
rem looks into the current folder first, so programs are named with theirs.
set "SYSTEM=%SystemRoot%\System32"
if defined PROCESSOR_ARCHITEW6432 set "SYSTEM=%SystemRoot%\sysnative"
set "REG=%SYSTEM%\reg.exe"

rem Names in all languages: programs write UTF-8 from here on.
set "CODEPAGE="
for /f "tokens=2 delims=:" %%c in ('%SYSTEM%\chcp.com') do set "CODEPAGE=%%c"
if defined CODEPAGE set "CODEPAGE=%CODEPAGE:.=%"
%SYSTEM%\chcp.com 65001 >nul 2>nul

set "OUT=%FOLDER%\registry.txt"
type nul >"%OUT%" 2>nul
if not exist "%OUT%" (
  echo collect.cmd: error: "%OUT%" cannot be written 1>&2
  goto :failed
)

rem The whole of this key holds product keys, so its values are asked for one by one.
set "WINDOWS=HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
for %%v in (CurrentBuild CurrentBuildNumber UBR ProductName EditionID InstallationType CurrentMajorVersionNumber CurrentMinorVersionNumber CurrentVersion CSDVersion) do call :ask "%WINDOWS%" /v %%v
%SYSTEM%\findstr.exe /i /c:"CurrentBuild" "%OUT%" >nul 2>nul
if errorlevel 1 (
  echo collect.cmd: error: the version of Windows cannot be read from the registry 1>&2
  goto :failed
)
call :ask "HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters" /v Hostname
call :ask "HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters" /v Domain
call :ask "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment" /v PROCESSOR_ARCHITECTURE
call :ask "HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State"
call :ask "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full"
call :ask "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5"
set "CURRENT=HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion"
call :tell "Component Based Servicing\RebootPending"
call :tell "WindowsUpdate\Auto Update\RebootRequired"
call :ask "%CURRENT%\Component Based Servicing\Packages" /s /v CurrentState
call :ask "%CURRENT%\Uninstall" /s
call :ask "HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall" /s
call :ask "HKCU\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall" /s

rem These two know a name of up to 15 letters only, which would pass for another host.
set "LONGNAME="
for /f "delims=" %%h in ('%SYSTEM%\hostname.exe') do set "LONGNAME=%%h"
if /i not "%LONGNAME%"=="%COMPUTERNAME%" goto :done
if exist "%SYSTEM%\systeminfo.exe" "%SYSTEM%\systeminfo.exe" >"%FOLDER%\systeminfo.txt" 2>nul
rem Newer Windows has no wmic; the packages above tell of the same updates.
if exist "%SYSTEM%\wbem\wmic.exe" "%SYSTEM%\wbem\wmic.exe" qfe get CSName,HotFixID /format:list >"%FOLDER%\hotfixes.txt" 2>nul <nul
rem What told nothing is no report.
for %%f in ("%FOLDER%\systeminfo.txt" "%FOLDER%\hotfixes.txt") do if exist "%%~f" if %%~zf LSS 16 del "%%~f"

:done
if defined CODEPAGE %SYSTEM%\chcp.com %CODEPAGE% >nul 2>nul
echo collect.cmd: written; now: kbgap machine import "%FOLDER%" 1>&2
exit /b 0

:failed
if defined CODEPAGE %SYSTEM%\chcp.com %CODEPAGE% >nul 2>nul
exit /b 1

rem Adds what a key holds. A key or value that does not exist adds nothing.
:ask
"%REG%" query %* >>"%OUT%" 2>nul
exit /b 0

rem Adds a key by its name where it exists: of an empty one nothing is printed.
:tell
"%REG%" query "%CURRENT%\%~1" >nul 2>nul
if errorlevel 1 exit /b 0
>>"%OUT%" echo HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\%~1
exit /b 0
