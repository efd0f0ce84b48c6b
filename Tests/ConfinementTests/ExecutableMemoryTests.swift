import Testing

/// Every known way by which a process could come to code of its own making, under each confinement: the table holds
/// in both directions, so that a way that ceased to work without confinement, and would prove nothing, is noticed
/// too.
@Suite("W^X")
struct ExecutableMemoryTests {
    static let mechanisms = [
        "anonymousWriteExecute", "protectExecute", "anonymousExecute", "memoryFileTwice", "ownMemoryFile",
        "sharedSegment", "readImpliesExecute",
    ]
    /// 42: the code ran. 1: the mapping was to be had. -13: EACCES.
    static let expected: [String: [Int]] = [
        "none": [42, 42, 1, 42, 42, 42, 42],
        "mdwe": [-13, -13, 1, 42, 42, 42, 42],
        "broker": [-13, -13, -13, -13, -13, -13, -13],
        "spawner": [-13, -13, -13, -13, -13, -13, -13],
        "child spawner": [-13, -13, -13, -13, -13, -13, -13],
    ]

    @Test(
        "each way to executable memory is open or closed exactly as the table says",
        arguments: ["none", "mdwe", "broker", "spawner", "child spawner"])
    func matrix(confinement: String) throws {
        let outcomes = try Self.mechanisms.map { mechanism in
            try Int(#require(try Probe.run(["wx", confinement, mechanism]).first)) ?? 0
        }
        #expect(outcomes == Self.expected[confinement])
    }
}
