/// The numbers of eBPF for Windows (its include/ebpf_structs.h), beside those that helpers and maps have here.
///
/// From 4 on the same number means something else on Linux, and nothing in a call says whose it is. What says so is the section of
/// a program: where an object has a program of a type that Linux has none of, it was compiled against the headers of eBPF for Windows, and
/// its reader puts our numbers in the place of all of theirs, once.
package enum WindowsNumbers {
    /// Helpers that Linux has none of, by the numbers that they have here: behind Linux's, whose list is closed.
    package enum Helper: UInt32, CaseIterable, Sendable {
        case copyMemory = 224
        case compareMemory, setMemory, moveMemory, copyString, appendString, measureString
        case ktimeGetBootMilliseconds, ktimeGetMilliseconds
        case lookupAndDelete, logonID, isAdministrator, processStartKey, threadCreateTime
        case setRedirectContext, getNetworkContext
        case imagePath, accountName, accountDomain
        case sampleFunction1, sampleFind, sampleReplace, sampleImplicit1, sampleImplicit2, sampleLookup, sampleValue
    }

    /// All of them, by number.
    package static var own: [UInt32] { Helper.allCases.map(\.rawValue) }

    /// What a helper's number there is here; nil where it has none there.
    ///
    /// - Parameter type: of the program that calls it (``ProgramDescriptor/linuxType``): from 0x10000 on each type has its own.
    package static func helper(_ number: UInt32, type: UInt32?) -> UInt32? {
        if number < UInt32(general.count) { return number == 0 ? nil : general[Int(number)] }
        guard let own = type.flatMap({ ofTypes[$0] }), number >= firstOfType,
            number - firstOfType < UInt32(own.count)
        else { return nil }
        let index = Int(number - firstOfType)
        return own[index]
    }

    private static let firstOfType: UInt32 = 0x1_0000

    /// By number there. The helpers that print are four, one for each count of arguments.
    private static let general: [UInt32] = [
        0, 1, 2, 3, Helper.lookupAndDelete.rawValue, 12, 7, 125, 8, 5, 28, 130, 6, 6, 6, 6, 87, 88, 89, 14,
        Helper.logonID.rawValue, Helper.isAdministrator.rawValue, Helper.copyMemory.rawValue,
        Helper.compareMemory.rawValue, Helper.setMemory.rawValue, Helper.moveMemory.rawValue, 46,
        Helper.copyString.rawValue, Helper.appendString.rawValue, Helper.measureString.rawValue,
        Helper.ktimeGetBootMilliseconds.rawValue, Helper.ktimeGetMilliseconds.rawValue, 25,
        Helper.processStartKey.rawValue, Helper.threadCreateTime.rawValue, 51,
    ]

    /// From 0x10000 on. The first of sock_addr's is an older one that takes the context and gives what number 19 gives.
    private static let ofTypes: [UInt32: [UInt32]] = [
        ProgramDescriptor.windowsSocketAddress: [
            14, Helper.setRedirectContext.rawValue, Helper.getNetworkContext.rawValue,
        ],
        ProgramDescriptor.windowsProcess: [
            Helper.imagePath.rawValue, Helper.accountName.rawValue, Helper.accountDomain.rawValue,
        ],
        ProgramDescriptor.windowsSample: [
            Helper.sampleFunction1.rawValue, Helper.sampleFind.rawValue, Helper.sampleReplace.rawValue,
            Helper.sampleImplicit1.rawValue, Helper.sampleImplicit2.rawValue, Helper.sampleLookup.rawValue,
            Helper.sampleValue.rawValue,
        ],
    ]

    /// What the number of a type of maps there is here; nil where it has none there, or one that only its drivers know.
    package static func mapType(_ number: UInt32) -> UInt32? {
        let types: [MapType?] = [
            .unspecified, .hash, .array, .programArray, .perCPUHash, .perCPUArray, .hashOfMaps, .arrayOfMaps, .lruHash,
            .lpmTrie, .queue, .lruPerCPUHash, .stack, .ringbuf, .perfEventArray, nil, .xskmap,
        ]
        return number < UInt32(types.count) ? types[Int(number)]?.rawValue : nil
    }
}
