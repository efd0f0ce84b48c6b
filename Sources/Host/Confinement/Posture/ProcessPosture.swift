internal import CLinux

/// What a process really is, read back from /proc: each part known, or unknown with its cause.
///
/// The kernel shows mappings, descriptors and namespaces of a process only to those who might trace it. A confined
/// process is not dumpable, so only the process itself, before it gives up files, and a privileged observer can
/// read them.
package struct ProcessPosture: Equatable, Sendable {
    package let process: Int32
    package let status: Finding<StatusText>
    package let mappings: Finding<MappingAudit>
    /// Executable mappings, by path; empty paths are anonymous.
    package let executableMappings: Finding<[String]>
    package let descriptors: Finding<[Int32: DescriptorClass]>
    package let limits: Finding<[Resource: LimitPair]>
    /// Namespace kind ("net") to its identity ("net:[4026531840]").
    package let namespaces: Finding<[String: String]>
    /// Facts that only the process itself can be asked for, present when it read its own posture.
    package let own: OwnPosture?

    /// What prctl(2) tells a process of itself.
    package struct OwnPosture: Equatable, Sendable {
        package let denyWriteExecute: Bool
        package let dumpable: Bool
        package let parentDeathSignal: Bool
    }

    package static func ofThisProcess() -> ProcessPosture {
        var signal: Int32 = 0
        // SAFETY: the kernel stores one int there during the call.
        let status = unsafe withUnsafeMutablePointer(to: &signal) { pointer in
            confinement_prctl(CONFINEMENT_PR_GET_PDEATHSIG, UInt64(UInt(bitPattern: pointer)), 0)
        }
        return ProcessPosture(
            process: currentProcess(), directory: "/proc/self",
            own: OwnPosture(
                denyWriteExecute: confinement_prctl(CONFINEMENT_PR_GET_MDWE, 0, 0) & 1 == 1,
                dumpable: confinement_prctl(CONFINEMENT_PR_GET_DUMPABLE, 0, 0) == 1,
                parentDeathSignal: status == 0 && signal == 9))
    }

    package static func of(process: Int32) -> ProcessPosture {
        ProcessPosture(process: process, directory: "/proc/\(process)", own: nil)
    }

    private init(process: Int32, directory: String, own: OwnPosture?) {
        self.process = process
        self.own = own
        status = Finding { () throws(PostureError) in
            try StatusText(try KernelText.read(directory + "/status"), path: directory + "/status")
        }
        let maps = Finding { () throws(PostureError) in try MappingList(path: directory + "/maps") }
        mappings = maps.map(\.audit)
        executableMappings = maps.map { list in list.mappings.filter(\.executable).map { list.path(of: $0) } }
        descriptors = Finding { () throws(PostureError) in
            var classes: [Int32: DescriptorClass] = [:]
            for number in try KernelText.numbers(in: directory + "/fd") {
                classes[number] = DescriptorClass(link: try KernelText.link("\(directory)/fd/\(number)"))
            }
            return classes
        }
        limits = Finding { () throws(PostureError) in
            try LimitsText.limits(in: try KernelText.read(directory + "/limits"), path: directory + "/limits")
        }
        namespaces = Finding { () throws(PostureError) in
            var identities: [String: String] = [:]
            for kind in ["user", "net", "ipc", "uts", "mnt", "cgroup", "pid"] {
                identities[kind] = try KernelText.link("\(directory)/ns/\(kind)")
            }
            return identities
        }
    }
}

/// The mappings of a process with the text that their paths are in.
private struct MappingList: Equatable, Sendable {
    let text: [UInt8]
    let mappings: [Mapping]
    let audit: MappingAudit

    init(path: String) throws(PostureError) {
        text = try KernelText.read(path)
        do throws(MappingError) {
            mappings = try MappingReader.mappings(in: text)
            audit = try MappingAudit(text: text)
        } catch {
            switch error {
            case .malformed(let line, _): throw .malformed(path: path, line: line)
            case .tooMany(let limit): throw .tooMany(path: path, limit: limit)
            case .text(let error): throw error
            }
        }
    }

    func path(of mapping: Mapping) -> String { String(decoding: text[mapping.pathRange], as: UTF8.self) }
}
