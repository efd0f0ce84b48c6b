internal import CLinux

/// The rows by which no memory of a process becomes executable once it is confined.
///
/// PR_SET_MDWE alone leaves four ways open (an anonymous read-execute mapping, a memory file mapped twice, a write
/// through /proc/self/mem, `shmat` read-only and executable); these rows and the Landlock ruleset close them.
/// Refusals answer EACCES rather than kill: a library that asks for executable memory (a plug-in load, say) then
/// fails as the manual page says it may. The way through /proc/self/mem is an `open`, whose path seccomp cannot
/// read: Landlock holds that one.
package enum ExecutableMemoryRules {
    private static let executable: UInt64 = 0x4  // PROT_EXEC, mm/mmap.c reads this bit only
    private static let writable: UInt64 = 0x2  // PROT_WRITE
    private static let anonymous: UInt64 = 0x20  // MAP_ANONYMOUS
    private static let attachExecutable: UInt64 = 0o100000  // SHM_EXEC

    package static let rows: [SystemCallRule] =
        [
            .refuse(
                .mmap, .argument(2, has: executable), errno: CONFINEMENT_EACCES,
                reason: "a new mapping that can be executed")
        ] + withoutMapping

    /// The rows for a process whose children map code of cells: executable at these addresses, and of files only. That no such file
    /// can be written is for who maps it to see, since a filter cannot.
    package static func rows(mappingCodeIn range: Range<UInt64>) -> [SystemCallRule] {
        [
            .refuse(
                .mmap, .argument(2, has: executable), .argument(0, below: range.lowerBound), errno: CONFINEMENT_EACCES,
                reason: "an executable mapping where cells have no code, or wherever the kernel likes"),
            .refuse(
                .mmap, .argument(2, has: executable), .argument(0, atLeast: range.upperBound),
                errno: CONFINEMENT_EACCES, reason: "an executable mapping where cells have no code"),
            .refuse(
                .mmap, .argument(2, has: executable | writable), errno: CONFINEMENT_EACCES,
                reason: "memory writable and executable at once"),
            .refuse(
                .mmap, .argument(2, has: executable), .argument(3, has: anonymous), errno: CONFINEMENT_EACCES,
                reason: "executable memory that is no file, so nobody sealed it"),
            .refuse(
                .memfdCreate, errno: CONFINEMENT_EACCES,
                reason:
                    "a file that could be mapped writable and executable; what is mapped comes sealed, from the broker"),
        ] + withoutMapping
    }

    private static let withoutMapping: [SystemCallRule] = [
        .refuse(
            .mprotect, .argument(2, has: executable), errno: CONFINEMENT_EACCES,
            reason: "memory that was written becoming executable"),
        .refuse(
            .pkeyMprotect, .argument(2, has: executable), errno: CONFINEMENT_EACCES,
            reason: "mprotect by another name"),
        .refuse(
            .shmat, .argument(2, has: attachExecutable), errno: CONFINEMENT_EACCES,
            reason: "a System V segment attached executable; MDWE permits it when read-only"),
        .refuse(
            .personality, .argument(0, differsFrom: 0xffff_ffff), errno: CONFINEMENT_EACCES,
            reason: "READ_IMPLIES_EXEC makes every later PROT_READ mapping executable, with no PROT_EXEC to see"),
        .refuse(
            .uselib, errno: CONFINEMENT_EACCES, reason: "maps a library executable by path"),
        .refuse(
            .execve, errno: CONFINEMENT_EACCES,
            reason: "a new program brings new executable memory; helpers start before confinement"),
        .refuse(
            .execveat, errno: CONFINEMENT_EACCES, reason: "execve by descriptor, memory files included"),
        .refuse(
            .ptrace, errno: CONFINEMENT_EPERM, reason: "POKETEXT writes read-only and executable pages"),
        .refuse(
            .processVmWritev, errno: CONFINEMENT_EPERM, reason: "writes another process's memory"),
        .refuse(
            .processVmReadv, errno: CONFINEMENT_EPERM, reason: "reads another process's memory"),
        .refuse(
            .modifyLdt, errno: CONFINEMENT_EPERM, reason: "code segments of one's own making"),
    ]
}
