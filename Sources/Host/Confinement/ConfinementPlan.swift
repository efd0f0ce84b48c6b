/// Everything that confining a process of some role takes, prepared where there is time: the filter is compiled here.
///
/// A plan is a value. A spawner makes one for its children before it confines itself, and each child carries it out.
package struct ConfinementPlan: Equatable, Sendable {
    package let role: Role
    package let filter: PreparedFilter
    /// Descriptors that stay open.
    package let keptDescriptors: [Int32]
    package let clearsEnvironment: Bool
    package private(set) var limits: ResourceLimits
    package let namespaces: [Namespace]
    /// Nil where Landlock would keep the role from its work.
    package let files: FileView?
    /// Of the capabilities that the process has, those that stay in its permitted set.
    package let keptCapabilities: KeptCapabilities
    package let speculation: SpeculationControls
    /// Bytes that the allocator holds ready, for a role whose filter lets it ask for no more.
    package let heapReserve: Int
    /// The process that this one shall not outlive.
    package private(set) var parent: Int32?
    /// Required steps that the operator has agreed to go without where the kernel lacks them. The report shows each.
    package let accepted: Set<ConfinementStep>

    init(
        role: Role, filter: Filter, keeping keptDescriptors: [Int32], clearsEnvironment: Bool, limits: ResourceLimits,
        namespaces: [Namespace], files: FileView?, speculation: SpeculationControls, heapReserve: Int = 0,
        keptCapabilities: KeptCapabilities = .none, parent: Int32?, accepting accepted: Set<ConfinementStep>,
    ) throws(ConfinementError) {
        self.role = role
        do throws(FilterError) { self.filter = try filter.prepared() } catch { throw .filter(error) }
        self.keptDescriptors = keptDescriptors
        self.clearsEnvironment = clearsEnvironment
        self.limits = limits
        self.namespaces = namespaces
        self.files = files
        self.keptCapabilities = keptCapabilities
        self.speculation = speculation
        self.heapReserve = heapReserve
        self.parent = parent
        self.accepted = accepted
    }

    /// The broker keeps its terminal and what it opened before; it reads any file and writes beneath the listed
    /// paths only.
    package static func broker(
        keeping descriptors: [Int32] = [], writable: [String] = [], accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .broker, filter: .broker, keeping: [0, 1, 2] + descriptors, clearsEnvironment: false,
            limits: ResourceLimits().with(.coreSize, 0), namespaces: [],
            files: FileView(readable: .everywhere, writable: writable, isolated: false), speculation: [],
            parent: nil, accepting: accepted)
    }

    /// The spawner keeps its socket and the open /dev/kvm; its namespaces and dropped privileges are its children's
    /// too.
    ///
    /// Its heap holds the reserve that each monitor will want, so that making one need not ask the kernel for it.
    /// It may read /proc, so that a child can audit its own mappings before it gives that up as well.
    package static func spawner(
        keeping descriptors: [Int32], parent: Int32?, children: UInt64 = 1024, openFiles: UInt64 = 1024,
        accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .spawner, filter: .spawner, keeping: descriptors, clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.processes, children).with(.openFiles, openFiles),
            namespaces: Namespace.allCases,
            files: FileView(readable: .beneath(["/proc"]), writable: [], isolated: true), speculation: .ofCells,
            heapReserve: 512 << 10, parent: parent, accepting: accepted)
    }

    /// The monitor keeps its virtual CPU and its report channel, and opens, maps and starts nothing any more.
    ///
    /// Its allocator is given a reserve, since it may not ask the kernel for more; an allocation past it ends the
    /// monitor. It has no limit on CPU time, because a cell's time in the guest counts as its own and a pooled cell
    /// lives long.
    package static func monitor(
        _ descriptors: MonitorDescriptors, requests: [ProcessorRequest] = ProcessorRequest.runAndReset, parent: Int32,
        addressSpace: UInt64 = 1 << 32, heapReserve: Int = 256 << 10, accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .monitor, filter: .monitor(descriptors, requests: requests),
            keeping: [descriptors.processor] + (descriptors.report.map { [$0] } ?? []), clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.fileSize, 0).with(.processes, 0).with(.openFiles, 0)
                .with(.lockedMemory, 0).with(.addressSpace, addressSpace),
            namespaces: [], files: .nothing, speculation: .ofCells, heapReserve: heapReserve, parent: parent,
            accepting: accepted)
    }

    /// The admission jail keeps its input and its output, and has so much memory, time and output as one object may
    /// cost.
    package static func admission(
        _ descriptors: AdmissionDescriptors, parent: Int32, addressSpace: UInt64 = 1 << 32,
        outputSize: UInt64 = 64 << 20, cpuSeconds: UInt64 = 60, accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .admission, filter: .admission(descriptors), keeping: descriptors.input + descriptors.output,
            clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.fileSize, outputSize).with(.processes, 0)
                .with(.openFiles, 0).with(.lockedMemory, 0).with(.cpuSeconds, cpuSeconds)
                .with(.addressSpace, addressSpace),
            namespaces: [], files: .nothing, speculation: .all, parent: parent, accepting: accepted)
    }

    /// The spawner of children differs from the other one in what it may map: code of a cell, where cells have code.
    package static func childSpawner(
        keeping descriptors: [Int32], codeRange: Range<UInt64>, parent: Int32?, children: UInt64 = 1024,
        openFiles: UInt64 = 1024, accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .childSpawner, filter: .childSpawner(codeRange: codeRange), keeping: descriptors,
            clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.processes, children).with(.openFiles, openFiles),
            namespaces: Namespace.allCases,
            files: FileView(readable: .beneath(["/proc"]), writable: [], isolated: true), speculation: .ofCells,
            parent: parent, accepting: accepted)
    }

    /// A child keeps no descriptor, and in the end no memory but its cell's. Like a monitor it lives long, so its time on the
    /// processor is not limited here but by the deadline of each event.
    package static func child(
        _ words: ChildWords, parent: Int32, addressSpace: UInt64 = 1 << 34,
        accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .child, filter: .child(words), keeping: [], clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.fileSize, 0).with(.processes, 0).with(.openFiles, 0)
                .with(.lockedMemory, 0).with(.addressSpace, addressSpace),
            namespaces: [], files: .nothing, speculation: .ofCells, parent: parent, accepting: accepted)
    }

    /// The supervisor keeps its channel to the broker and the listener of its tree. It is where its tree is: in no namespace of its own and
    /// under no Landlock, by which it could not reach the tree.
    package static func supervisor(
        _ descriptors: SupervisorDescriptors, parent: Int32?, accepting accepted: Set<ConfinementStep> = [],
    ) throws(ConfinementError) -> Self {
        try Self(
            role: .supervisor, filter: .supervisor(descriptors),
            keeping: [2, descriptors.channel, descriptors.listener, descriptors.command],
            clearsEnvironment: true,
            limits: ResourceLimits().with(.coreSize, 0).with(.fileSize, 0),
            namespaces: [], files: nil, speculation: [], keptCapabilities: .ofSupervisors, parent: parent,
            accepting: accepted)
    }

    /// The same plan for the children of another process: of a spawner that is not yet forked, say.
    package func with(parent: Int32) -> Self {
        var copy = self
        copy.parent = parent
        return copy
    }

    /// The same plan with one limit for a child that has its own: of a program that may cost so much, say.
    package func with(_ resource: Resource, _ value: UInt64) -> Self {
        var copy = self
        copy.limits = limits.with(resource, value)
        return copy
    }
}
