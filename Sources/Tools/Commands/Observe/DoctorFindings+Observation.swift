internal import Observation

extension DoctorFindings {
    /// Whether this process could observe the host: it is attached to a tracepoint that every kernel has, and detached again.
    static func observation() -> DoctorFinding {
        let name = "kernel observation"
        let meaning = "ringfence observe puts its own small programs into the kernel, which forward events into cells"
        do throws(ObservationError) {
            let observation = try Observation([.tracepoint(category: "sched", name: "sched_process_exec")], cgroup: nil)
            try observation.detach()
        } catch {
            return DoctorFinding(
                name: name, state: .note, found: "not possible: \(error)", meaning: meaning,
                remedy: "run it as root on a kernel with CONFIG_BPF_EVENTS, if this host shall be observed")
        }
        return DoctorFinding(name: name, state: .ok, found: "possible", meaning: meaning, remedy: nil)
    }
}
