internal import Linux

/// Where the processes of the host are sorted into cgroups of version 2.
enum Hierarchy {
    /// The root of the hierarchy as it is mounted here; nil where it is not.
    static func path() throws(ObservationError) -> String? {
        let text: String
        do throws(SystemError) {
            text = String(decoding: try readKernelFile("/proc/self/mounts", limit: 1 << 20), as: UTF8.self)
        } catch { throw .cgroup("/proc/self/mounts", error) }
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count > 2, words[2] == "cgroup2" { return String(words[1]) }
        }
        return nil
    }
}
