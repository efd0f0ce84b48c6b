internal import CChild

/// The numbers of ends are written twice: as an enumeration here, and for the handlers of a child in C.
package enum ReportNumbers {
    package static var agree: Bool {
        let pairs: [(EndReason, UInt32)] = [
            (.fault, CCHILD_END_FAULT), (.stopped, CCHILD_END_STOPPED), (.strayRead, CCHILD_END_STRAY_READ),
            (.strayWrite, CCHILD_END_STRAY_WRITE), (.doorbellStorm, CCHILD_END_DOORBELL_STORM),
            (.unexpectedExit, CCHILD_END_UNEXPECTED_EXIT), (.machine, CCHILD_END_MACHINE),
            (.confinement, CCHILD_END_CONFINEMENT), (.signal, CCHILD_END_SIGNAL),
        ]
        return pairs.allSatisfy { $0.0.rawValue == $0.1 } && MonitorWords.confinementReport > CCHILD_REPORT_EXITS
    }
}
