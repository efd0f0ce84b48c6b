/// Why a helper that programs may call by their type is not there: what it needs, which only a kernel has.
///
/// A helper is either offered or refused with one of these; a test holds every number against both.
package enum HelperRefusal: Sendable, CaseIterable {
    case kernelMemory, kernelObjects, taskControl, counters, stacks, tracedFunction
    case packetResizing, packetState, tunnels, routing, cloning
    case sockets, socketOptions, socketStorage, messages, headerOptions, synCookies
    case hierarchy, namespaces, returnValue, cgroupArrays
    case localStorage, timers, dynamicPointers, userRing
    case sequentialFiles, systemCalls, systemControl, remoteControl, deviceTables, integrity
    case windowsSessions, windowsProcess, windowsRemoval, windowsNetwork, windowsSample

    /// Completes "…: ".
    package var reason: StaticString {
        switch self {
        case .kernelMemory:
            "a cell has no memory of the kernel, and of a process what events of system calls bring along"
        case .kernelObjects: "there are no objects of a kernel here, so no types and no addresses of any"
        case .taskControl: "a program cannot act on a task: the event only tells of one"
        case .counters: "there are no performance counters in a cell"
        case .stacks: "there is no stack of a task to walk"
        case .tracedFunction: "there is no function at which the program stands"
        case .packetResizing: "a packet of a socket buffer keeps its size and its headers here"
        case .packetState: "only a kernel keeps this of a packet, and nothing here would ask for it afterwards"
        case .tunnels: "there is no device that would encapsulate"
        case .routing: "there are no routes, neighbours or devices to look up"
        case .cloning: "a packet is one event: there is no second one to send"
        case .sockets: "there are no sockets to assign, hold in maps or send through"
        case .socketOptions: "there is no socket whose options could be read or set"
        case .socketStorage: "storage hangs on a kernel's sockets, and there are none"
        case .messages: "there is no stream of a socket behind a message"
        case .headerOptions: "there is no TCP segment under construction"
        case .synCookies: "the secret that SYN cookies are made with is a kernel's"
        case .hierarchy: "an event tells the number of a cgroup, not those above it"
        case .namespaces: "an event does not tell of namespaces"
        case .returnValue: "no system call is under way whose result could be read or set"
        case .cgroupArrays: "maps that hold cgroups are not there"
        case .localStorage: "storage hangs on a kernel's tasks, inodes and cgroups, and there are none"
        case .timers: "nothing runs in a cell between events, so no timer could go off when it should"
        case .dynamicPointers: "dynamic pointers are neither proven nor run"
        case .userRing: "rings that user space fills are not there"
        case .sequentialFiles: "no file is being read that the text would go to"
        case .systemCalls: "a cell makes no system calls"
        case .systemControl: "no sysctl is being read or written"
        case .remoteControl: "there is no infrared receiver"
        case .deviceTables: "there are no devices whose limits could be asked for"
        case .integrity: "the kernel's measurements of files are not there"
        case .windowsSessions: "an event tells of no logon session of Windows"
        case .windowsProcess: "an event tells of no such attribute of a process of Windows"
        case .windowsRemoval: "the value that it takes out could be given to another element while the program reads it"
        case .windowsNetwork: "an event tells of no redirection or interface of Windows"
        case .windowsSample: "it belongs to the driver that the tests of eBPF for Windows load"
        }
    }
}

extension HelperPrototype {
    /// Why a helper is not offered; nil where it is, or where there is no such helper.
    package static func refusal(_ id: UInt32) -> HelperRefusal? {
        if id >= WindowsNumbers.Helper.copyMemory.rawValue {
            return WindowsNumbers.Helper(rawValue: id).flatMap(refusal(ofWindows:))
        }
        return refusals.first { $0.ids.contains(id) }?.why
    }

    /// Helpers that read memory of a process or of the kernel, and are offered where events bring some along.
    package static let memoryReaders: Set<UInt32> = [4, 45, 112, 113, 114, 115]

    /// The same in programs of a type.
    package static func refusal(_ id: UInt32, in program: ProgramDescriptor) -> HelperRefusal? {
        program.events?.memory != nil && memoryReaders.contains(id) ? nil : refusal(id)
    }

    private static let refusals: [(why: HelperRefusal, ids: HelperSet)] = [
        (.kernelMemory, [4, 36, 45, 112, 113, 114, 115, 148, 191]),
        (
            .kernelObjects,
            [35, 121, 136, 137, 138, 139, 140, 149, 150, 153, 154, 158, 162, 175, 178, 180, 194, 196]
        ),
        (.taskControl, [58, 109, 117, 159]),
        (.counters, [22, 55, 56, 119, 176]),
        (.stacks, [27, 67, 141]),
        (.tracedFunction, [173, 183, 184, 185]),
        (.packetResizing, [18, 19, 31, 38, 43, 50]),
        (.packetState, [32, 48, 97, 135, 192]),
        (.tunnels, [20, 21, 29, 30, 66, 73, 74, 75, 76]),
        (.routing, [69]),
        (.cloning, [13, 111]),
        (.sockets, [52, 53, 64, 70, 72, 82, 124]),
        (.socketOptions, [49, 57, 59]),
        (.socketStorage, [107, 108]),
        (.messages, [60, 61, 62, 63, 71, 90, 91, 116]),
        (.headerOptions, [142, 143, 144]),
        (.synCookies, [100, 110, 204, 205, 206, 207]),
        (.hierarchy, [123, 128, 129]),
        (.namespaces, [120, 122]),
        (.returnValue, [186, 187]),
        (.cgroupArrays, [33, 37]),
        (.localStorage, [81, 145, 146, 156, 157, 210, 211]),
        (.timers, [169, 170, 171, 172]),
        (.dynamicPointers, [197, 198, 199, 200, 201, 202, 203]),
        (.userRing, [209]),
        (.sequentialFiles, [126, 127, 147]),
        (.systemCalls, [166, 167, 168, 179]),
        (.systemControl, [101, 102, 103, 104]),
        (.remoteControl, [77, 78, 92]),
        (.deviceTables, [163]),
        (.integrity, [161, 193]),
    ]

    private static func refusal(ofWindows helper: WindowsNumbers.Helper) -> HelperRefusal? {
        switch helper {
        case .copyMemory, .compareMemory, .setMemory, .moveMemory, .copyString, .appendString, .measureString,
            .ktimeGetBootMilliseconds, .ktimeGetMilliseconds, .imagePath:
            nil
        case .lookupAndDelete: .windowsRemoval
        case .logonID, .isAdministrator: .windowsSessions
        case .processStartKey, .threadCreateTime, .accountName, .accountDomain: .windowsProcess
        case .setRedirectContext, .getNetworkContext: .windowsNetwork
        case .sampleFunction1, .sampleFind, .sampleReplace, .sampleImplicit1, .sampleImplicit2, .sampleLookup,
            .sampleValue:
            .windowsSample
        }
    }
}
