internal import CLinux
internal import Linux

/// This process, before it is confined. `lockDown` consumes it: there is no way back, and no second time.
package struct Confinement: ~Copyable {
    private let plan: ConfinementPlan
    private var report: ConfinementReport
    /// /proc/self/maps, opened while that is still possible.
    private var ownMappings: FileDescriptor?
    private var keptUntilLockDown: [Int32] = []
    private var isPrepared = false
    /// The memory that the process will have left, where that is not all it has now.
    private var memoryKept: [Range<UInt64>]?

    package init(_ plan: ConfinementPlan) {
        self.plan = plan
        report = ConfinementReport(role: plan.role)
    }

    /// Takes, ahead of time, every step but the late ones, for a process that waits to be told what to work on.
    ///
    /// - Parameter descriptors: stay open beside the plan's until ``lockDown()``.
    package mutating func prepare(keeping descriptors: [Int32]) throws(ConfinementError) {
        keptUntilLockDown = descriptors
        let late = plan.role.late
        try take(ConfinementStep.allCases.filter { !late.contains($0) || $0 == .closeDescriptors })
        keptUntilLockDown = []
        isPrepared = true
    }

    /// Takes the steps of the plan, in the order of `ConfinementStep`, and tells what was obtained; where it was
    /// prepared, the late ones only.
    ///
    /// Limits, mappings and descriptors belong to the process, but Landlock and capabilities to the calling thread
    /// and what it starts. So this must run before there is a second thread, and refuses to if there is one.
    package consuming func lockDown() throws(ConfinementError) -> Confined {
        try take(isPrepared ? plan.role.late : ConfinementStep.allCases)
        return Confined(report: report)
    }

    /// Takes every step but the filter, for a process that gives up the memory in which this code lies before it installs that:
    /// only what is left of it then can.
    ///
    /// - Parameter kept: all the memory that it will have left.
    package consuming func lockDownButFilter(
        keeping kept: [Range<UInt64>]
    ) throws(ConfinementError) -> FilterPending {
        memoryKept = kept
        try take((isPrepared ? plan.role.late : ConfinementStep.allCases).filter { $0 != .filter })
        report.record(.filter, .obtained(detail: UInt32(plan.filter.instructions.count)), nanoseconds: 0)
        return FilterPending(filter: plan.filter, reportOnceInstalled: report)
    }

    private mutating func take(_ steps: [ConfinementStep]) throws(ConfinementError) {
        let required = plan.role.required.subtracting(plan.accepted)
        var before = clinux_monotonic_nanoseconds()
        for step in steps {
            let outcome: StepOutcome
            do throws(ConfinementError) {
                outcome = if let detail = try take(step) { .obtained(detail: detail) } else { .notRequested }
            } catch .refused(let refusedStep, let errno) where !required.contains(step) && refusedStep == step {
                outcome = .refused(errno: errno)
            }
            let after = clinux_monotonic_nanoseconds()
            report.record(step, outcome, nanoseconds: after &- before)
            before = after
        }
    }

    /// Takes one step and gives its detail, or nothing if the plan does not ask for it.
    private mutating func take(_ step: ConfinementStep) throws(ConfinementError) -> UInt32? {
        switch step {
        case .singleThread:
            return try accepted(step, confinement_single_threaded())
        case .closeDescriptors:
            let audited = ownMappings?.rawValue
            try closeDescriptors(except: plan.keptDescriptors + keptUntilLockDown + (audited.map { [$0] } ?? []))
            if !isPrepared { ownMappings = try MappingAudit.openOwnMappings() }
            return UInt32(plan.keptDescriptors.count)
        case .clearEnvironment:
            guard plan.clearsEnvironment else { return nil }
            confinement_wipe_environment()
            return 0
        case .userNamespace: return try enter(.user)
        case .networkNamespace: return try enter(.network)
        case .ipcNamespace: return try enter(.ipc)
        case .hostNameNamespace: return try enter(.hostName)
        case .mountNamespace: return try enter(.mount)
        case .cgroupNamespace: return try enter(.cgroup)
        case .noNewPrivileges:
            return try accepted(step, confinement_prctl(CONFINEMENT_PR_SET_NO_NEW_PRIVS, 1, 0))
        case .landlock:
            return try plan.files?.restrict()
        case .boundingSet:
            return try Capabilities.dropBoundingSet()
        case .capabilities:
            try Capabilities.drop(allBut: plan.keptCapabilities)
            return 0
        case .storeBypassDisabled:
            return try disable(.storeBypass, step, CONFINEMENT_SPEC_STORE_BYPASS)
        case .indirectBranchDisabled:
            return try disable(.indirectBranch, step, CONFINEMENT_SPEC_INDIRECT_BRANCH)
        case .notDumpable:
            return try accepted(step, confinement_prctl(CONFINEMENT_PR_SET_DUMPABLE, 0, 0))
        case .denyWriteExecute:
            let request = CONFINEMENT_MDWE_REFUSE_EXEC_GAIN
            return try accepted(step, confinement_prctl(CONFINEMENT_PR_SET_MDWE, request, 0))
        case .dieWithParent:
            guard let parent = plan.parent else { return nil }
            try dieWithParent(expectedParent: parent)
            return 0
        case .mappingAudit:
            return try audit()
        case .reserveHeap:
            guard plan.heapReserve > 0 else { return nil }
            confinement_reserve_heap(plan.heapReserve)
            return UInt32(clamping: plan.heapReserve)
        case .limitResources:
            try plan.limits.apply()
            return UInt32(plan.limits.limits.count)
        case .filter:
            try plan.filter.install(allThreads: true)
            return UInt32(plan.filter.instructions.count)
        }
    }

    private func accepted(_ step: ConfinementStep, _ status: Int64) throws(ConfinementError) -> UInt32 {
        guard status >= 0 else { throw .refused(step: step, errno: Int32(-status)) }
        return 0
    }

    private func enter(_ namespace: Namespace) throws(ConfinementError) -> UInt32? {
        guard plan.namespaces.contains(namespace) else { return nil }
        try namespace.enter()
        return 0
    }

    /// Asks for a speculation control and gives what the kernel then says of it (prctl(2), PR_GET_SPECULATION_CTRL).
    private func disable(
        _ control: SpeculationControls, _ step: ConfinementStep, _ feature: UInt64
    ) throws(ConfinementError) -> UInt32? {
        guard plan.speculation.contains(control) else { return nil }
        let request = CONFINEMENT_SPEC_FORCE_DISABLE
        _ = try accepted(step, confinement_prctl(CONFINEMENT_PR_SET_SPECULATION_CTRL, feature, request))
        return UInt32(truncatingIfNeeded: confinement_prctl(CONFINEMENT_PR_GET_SPECULATION_CTRL, feature, 0))
    }

    /// Counts the mappings, and refuses a process that already has memory both writable and executable.
    private mutating func audit() throws(ConfinementError) -> UInt32 {
        guard let file = ownMappings.take() else { throw .refused(step: .mappingAudit, errno: CONFINEMENT_ENOENT) }
        let audit: MappingAudit
        do throws(MappingError) { audit = try MappingAudit(reading: file, keeping: memoryKept) } catch {
            throw .mappings(error)
        }
        guard audit.isClean else {
            throw .writableExecutable(mappings: audit.writableExecutable, aliases: audit.aliasedFiles)
        }
        report.mappings = audit
        return UInt32(clamping: audit.executable)
    }
}

/// A process that lacks nothing of its confinement but the filter.
package struct FilterPending: ~Copyable {
    package let filter: PreparedFilter
    /// True from the moment at which the filter is in place, and to be said by nobody before.
    package let reportOnceInstalled: ConfinementReport
}

/// Proof that this process has been confined. Only `Confinement.lockDown` makes one.
package struct Confined: ~Copyable {
    package let report: ConfinementReport

    fileprivate init(report: ConfinementReport) { self.report = report }
}
