internal import CommandSupport
internal import Confinement

/// The findings about a host, as a table for people or as JSON.
struct DoctorReport: Sendable {
    let findings: [DoctorFinding]
    let runsGuests: Bool
    let runsChildren: Bool
    /// What the processes of a sandbox may do here; empty where none were started.
    let processes: SampleSandbox.Processes

    /// - Parameter more: what was found by trying it.
    init(
        _ host: HostPosture, _ more: [DoctorFinding] = [],
        processes: SampleSandbox.Processes = SampleSandbox.Processes()
    ) {
        findings = DoctorFindings.all(host) + more
        runsGuests = host.runsGuests
        runsChildren = host.runsChildren
        self.processes = processes
    }

    var verdict: String {
        switch (runsGuests, runsChildren) {
        case (true, _): "This host can run programs in the tiers interp-guest and interp-child."
        case (false, true):
            "This host can run programs in the tier interp-child, where a policy allows it. "
                + "It cannot run the tier interp-guest: see what is missing above."
        case (false, false): "This host cannot run the tier interp-guest: see what is missing above."
        }
    }

    /// Three columns, and under each finding that asks for it, what it means and what to do.
    var table: String {
        let nameWidth = findings.map(\.name.count).max() ?? 0
        let stateWidth = findings.map(\.state.rawValue.count).max() ?? 0
        let indent = String(repeating: " ", count: nameWidth + stateWidth + 6)
        var lines = [""]
        for finding in findings {
            let name = finding.name.padded(to: nameWidth)
            let state = finding.state.rawValue.padded(to: stateWidth)
            lines.append("  \(name)  \(state)  \(finding.found)")
            switch finding.state {
            case .ok: break
            case .missing, .weaker, .note, .unknown: lines.append("\(indent)\(finding.meaning)")
            }
            if let remedy = finding.remedy { lines.append("\(indent)→ \(remedy)") }
        }
        if !processes.reports.isEmpty {
            lines += ["", "The processes of a sandbox, as they are here:", ""]
            lines.append(ProcessReport.table(processes.reports).text(for: .none))
        }
        lines += processes.problems.map { "  not started: \($0)" }
        return (lines + ["", verdict]).joined(separator: "\n")
    }

    var json: String {
        let rows = findings.map { finding in
            let remedy = finding.remedy.map(quoted) ?? "null"
            return """
                    {"name": \(quoted(finding.name)), "state": \(quoted(finding.state.rawValue)), \
                "found": \(quoted(finding.found)), "meaning": \(quoted(finding.meaning)), "remedy": \(remedy)}
                """
        }
        return """
            {
              "runsInterpGuest": \(runsGuests),
              "runsInterpChild": \(runsChildren),
              "processes": \((try? CommandSupport.json(processes.reports)) ?? "null"),
              "findings": [
            \(rows.joined(separator: ",\n"))
              ]
            }
            """
    }

    /// A JSON string (RFC 8259, section 7).
    private func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                out += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
