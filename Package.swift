// swift-tools-version: 6.2
import PackageDescription

// Every module: memory-unsafe code must say `unsafe`, existentials must say `any`, imports are private, warnings are errors.
let house: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// Modules that are also compiled into the image: what Embedded Swift lacks is an error on the host too.
let portable = house + [.treatWarning("EmbeddedRestrictions", as: .error)]
// Tests keep the language's rules but may use what only tests need.
let tests: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]
// Every symbol is bound before `main`, so that nothing has to be mapped executable, or made writable, afterwards.
let boundAtStart: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "ringfence",
    products: [
        .executable(name: "ringfence", targets: ["ringfence"]),
        .executable(name: "ringfence-jail", targets: ["ringfence-jail"]),
        .executable(name: "ringfence-child", targets: ["ringfence-child"]),
        .executable(name: "ringfenced", targets: ["ringfenced"]),
        .executable(name: "ringfence-conformance", targets: ["ringfence-conformance"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // A second reader of policy text, for the tool that signs. Nothing that decides depends on it.
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // Shared: runs on both sides of a boundary. Standard library only.
        .target(name: "Bytecode", path: "Sources/Shared/Bytecode", swiftSettings: portable),
        .target(
            name: "BytecodeText", dependencies: ["Bytecode"], path: "Sources/Shared/BytecodeText", swiftSettings: house),
        .target(name: "CChannel", path: "Sources/Shared/CChannel"),
        .target(name: "Channel", dependencies: ["CChannel"], path: "Sources/Shared/Channel", swiftSettings: portable),
        .target(name: "Maps", dependencies: ["Channel"], path: "Sources/Shared/Maps", swiftSettings: portable),
        .target(name: "CExecution", path: "Sources/Shared/CExecution"),
        .target(
            name: "Execution", dependencies: ["Bytecode", "CExecution", "Channel", "Maps"],
            path: "Sources/Shared/Execution", swiftSettings: portable),
        .target(
            name: "ProgramPackage", dependencies: ["Bytecode"],
            path: "Sources/Shared/ProgramPackage", swiftSettings: house),

        .target(name: "Prototypes", path: "Sources/Shared/Prototypes", swiftSettings: house),

        // Cell: the image. Nothing on the host believes it once it runs.
        .target(name: "CCellStart", path: "Sources/Cell/CCellStart"),
        .target(
            name: "CellProgram",
            dependencies: ["Bytecode", "Channel", "CChannel", "Maps", "CExecution", "Execution", "CCellStart"],
            path: "Sources/Cell/CellProgram", swiftSettings: portable),

        // Admission: reads hostile bytes, in a jail.
        .systemLibrary(
            name: "CElf", path: "Sources/Admission/CElf", pkgConfig: "libelf",
            providers: [.apt(["libelf-dev"])]),
        .target(
            name: "ObjectFile", dependencies: ["Bytecode", "ProgramPackage", "Prototypes", "CElf"],
            path: "Sources/Admission/ObjectFile", swiftSettings: house),

        .target(
            name: "Verifier", dependencies: ["Bytecode", "BytecodeText", "ProgramPackage", "Prototypes"],
            path: "Sources/Admission/Verifier", swiftSettings: house),
        .target(
            name: "Compilation", dependencies: ["Bytecode", "Channel", "ProgramPackage"],
            path: "Sources/Admission/Compilation", swiftSettings: house),
        .target(
            name: "Confirmation",
            dependencies: ["Verifier", "Execution", "Bytecode", "Channel", "Maps", "ProgramPackage", "Prototypes"],
            path: "Sources/Admission/Confirmation", swiftSettings: house),

        // Host: the trusted computing base.
        .target(name: "CLinux", path: "Sources/Host/CLinux"),
        .target(
            name: "CChild", path: "Sources/Host/CChild",
            // What stays of a child must not call, or look up in a table, what does not.
            cSettings: [.unsafeFlags(["-fno-builtin", "-fno-jump-tables"])]),
        .target(name: "Linux", dependencies: ["CLinux"], path: "Sources/Host/Linux", swiftSettings: house),
        .systemLibrary(
            name: "CSeccomp", path: "Sources/Host/CSeccomp", pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(
            name: "CCap", path: "Sources/Host/CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .target(
            name: "Confinement", dependencies: ["Linux", "CLinux", "CSeccomp", "CCap"],
            path: "Sources/Host/Confinement", swiftSettings: house),
        .target(
            name: "CellImage", path: "Sources/Host/CellImage", swiftSettings: house,
            plugins: ["CellImagePlugin"]),
        .target(
            name: "Virtualization", dependencies: ["Channel", "CLinux", "Linux"],
            path: "Sources/Host/Virtualization", swiftSettings: house),
        .target(
            name: "Enclosure",
            dependencies: [
                "Bytecode", "Channel", "CChannel", "CChild", "CLinux", "Linux", "Confinement", "Maps", "Virtualization",
            ],
            path: "Sources/Host/Enclosure", swiftSettings: house),
        .target(
            name: "Supervision", dependencies: ["CLinux", "Confinement", "Linux"], path: "Sources/Host/Supervision",
            swiftSettings: house),
        .target(name: "PolicyCore", path: "Sources/Host/PolicyCore", swiftSettings: house),
        .target(
            name: "PolicyTrust", dependencies: ["PolicyCore", crypto],
            path: "Sources/Host/PolicyTrust", swiftSettings: house),
        .target(
            name: "PolicyStore", dependencies: ["PolicyCore", "PolicyTrust", "Linux"],
            path: "Sources/Host/PolicyStore", swiftSettings: house),
        .target(
            name: "PolicyLog", dependencies: ["PolicyCore", "PolicyTrust", "Linux", crypto],
            path: "Sources/Host/PolicyLog", swiftSettings: house),
        .target(name: "Hooks", dependencies: ["Linux"], path: "Sources/Host/Hooks", swiftSettings: house),
        .systemLibrary(
            name: "CBpf", path: "Sources/Host/CBpf", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
        .target(name: "CObservation", dependencies: ["CBpf"], path: "Sources/Host/CObservation"),
        .target(
            name: "Observation", dependencies: ["CellImage", "CObservation", "Hooks", "Linux"],
            path: "Sources/Host/Observation", swiftSettings: house),
        .target(
            name: "Sandbox",
            dependencies: [
                "Bytecode", "Channel", "Maps", "ProgramPackage", "Prototypes", "Linux", "CLinux", "Confinement",
                "CellImage", "Enclosure", "PolicyCore", "PolicyTrust", "Hooks", "Supervision", "Virtualization", crypto,
            ],
            path: "Sources/Host/Sandbox", swiftSettings: house),

        // Tools: what people type. Commands are a library; the mains are a few lines each.
        .target(
            name: "CommandSupport", dependencies: ["Linux"], path: "Sources/Tools/CommandSupport", swiftSettings: house),
        .target(
            name: "PolicyCommands",
            dependencies: [
                "CommandSupport", "Linux", "PolicyCore", "PolicyLog", "PolicyStore", "PolicyTrust", arguments,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            path: "Sources/Tools/PolicyCommands", swiftSettings: house),
        .target(
            name: "Commands",
            dependencies: [
                "CommandSupport", "PolicyCommands",
                "Sandbox", "Bytecode", "BytecodeText", "CellImage", "ProgramPackage", "Prototypes", "PolicyCore",
                "PolicyLog", "PolicyStore", "PolicyTrust",
                "Confinement", "Hooks", "Maps", "Channel", "Enclosure", "Observation", "ServiceAPI", "ServiceClient",
                "Supervision", "Virtualization", "Linux", arguments,
            ],
            path: "Sources/Tools/Commands", swiftSettings: house),
        .target(name: "ServiceAPI", path: "Sources/Tools/ServiceAPI", swiftSettings: house),
        .target(
            name: "ServiceClient",
            dependencies: ["Linux", "ServiceAPI"], path: "Sources/Tools/ServiceClient", swiftSettings: house),
        .target(
            name: "Service",
            dependencies: [
                "CLinux", "Commands", "CommandSupport", "Linux", "ServiceAPI", arguments,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Tools/Service", swiftSettings: house),
        .executableTarget(
            name: "ringfenced", dependencies: ["Service"], path: "Sources/Tools/ringfenced", swiftSettings: house,
            linkerSettings: boundAtStart),
        .executableTarget(
            name: "ringfence", dependencies: ["Commands"], path: "Sources/Tools/ringfence", swiftSettings: house,
            linkerSettings: boundAtStart),
        .executableTarget(
            name: "ringfence-jail",
            dependencies: [
                "Compilation", "Confirmation", "Enclosure", "ObjectFile", "ProgramPackage", "Verifier", "CLinux",
            ],
            path: "Sources/Tools/ringfence-jail", swiftSettings: house, linkerSettings: boundAtStart),
        .executableTarget(
            name: "ringfence-child", dependencies: ["Enclosure", "CLinux"], path: "Sources/Tools/ringfence-child",
            swiftSettings: house, linkerSettings: boundAtStart),
        .executableTarget(
            name: "ringfence-conformance",
            dependencies: [
                "Bytecode", "Channel", "Maps", "Execution", "CellImage", "Virtualization", "Linux", "CLinux",
                "Enclosure", "Compilation",
                "ObjectFile", "ProgramPackage", "BytecodeText",
            ],
            path: "Sources/Tools/ringfence-conformance", swiftSettings: house),

        // Build: turns Sources/Cell and Sources/Shared into the image that CellImage carries.
        .executableTarget(name: "cell-image", path: "Sources/Build/cell-image", swiftSettings: house),
        .plugin(
            name: "CellImagePlugin", capability: .buildTool(), dependencies: ["cell-image"],
            path: "Sources/Build/CellImagePlugin"),

        // Tests, and what they share.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: tests),
        .target(
            name: "VectorCorpus", dependencies: ["Bytecode", "BytecodeText"], path: "Tests/Vectors/VectorCorpus",
            swiftSettings: house),
        .target(name: "CMapsTesting", path: "Tests/MapsTests/CMapsTesting"),
        .target(name: "CConfinementProbe", path: "Tests/Support/CConfinementProbe"),
        .executableTarget(
            name: "confinement-probe", dependencies: ["Confinement", "Linux", "CConfinementProbe"],
            path: "Tests/Support/confinement-probe", swiftSettings: house, linkerSettings: boundAtStart),
        .executableTarget(
            name: "hostile-jail",
            dependencies: ["Bytecode", "Channel", "Compilation", "Enclosure", "ProgramPackage", "CLinux"],
            path: "Tests/Support/hostile-jail", swiftSettings: house, linkerSettings: boundAtStart),
        .testTarget(
            name: "BytecodeTests", dependencies: ["Bytecode", "BytecodeText", "VectorCorpus", "ReferenceMachine"],
            swiftSettings: tests),
        .target(
            name: "ReferenceMachine", dependencies: ["Bytecode", "VectorCorpus"],
            path: "Tests/Support/ReferenceMachine", swiftSettings: tests),
        .target(name: "CKernelRun", path: "Tests/Support/CKernelRun"),
        .target(
            name: "NativeTesting",
            dependencies: [
                "CKernelRun", "Bytecode", "BytecodeText", "Channel", "Maps", "Execution", "Compilation", "CellImage",
                "ProgramPackage", "Virtualization", "Enclosure", "Linux", "VectorCorpus", "ReferenceMachine",
                "TestSupport", "Embedding", "Verifier",
            ],
            path: "Tests/Support/NativeTesting", swiftSettings: tests),
        .executableTarget(
            name: "native-fuzz", dependencies: ["NativeTesting"], path: "Tests/Support/native-fuzz",
            swiftSettings: tests),
        .testTarget(
            name: "CompilationTests",
            dependencies: [
                "Compilation", "NativeTesting", "Bytecode", "BytecodeText", "Channel", "Maps", "Enclosure",
                "ProgramPackage",
                "Virtualization", "CellImage", "VectorCorpus", "TestSupport",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "MapsTests", dependencies: ["Maps", "Channel", "CKernelRun", "CMapsTesting"],
            exclude: ["CMapsTesting"],
            swiftSettings: tests),
        .testTarget(
            name: "ProgramPackageTests", dependencies: ["ProgramPackage", "Bytecode", "ObjectFile", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "ObjectFileTests",
            dependencies: ["ObjectFile", "ProgramPackage", "Prototypes", "Bytecode", "TestSupport"],
            swiftSettings: tests),
        .target(name: "CKernelVerifier", path: "Tests/Support/CKernelVerifier"),
        .testTarget(
            name: "PrototypesTests", dependencies: ["Prototypes", "CKernelVerifier", "TestSupport"],
            swiftSettings: tests),
        .target(
            name: "Embedding",
            dependencies: [
                "Confirmation", "Verifier", "Prototypes", "ProgramPackage", "Bytecode", "BytecodeText", "TestSupport",
            ],
            path: "Tests/VerifierTests/Embedding", swiftSettings: tests),
        .executableTarget(
            name: "verifier-fuzz",
            dependencies: [
                "Embedding", "Confirmation", "Verifier", "ProgramPackage", "Prototypes", "Bytecode", "BytecodeText",
                "ObjectFile", "TestSupport",
            ],
            path: "Tests/Support/verifier-fuzz", swiftSettings: tests),
        .testTarget(
            name: "VerifierTests",
            dependencies: [
                "Verifier", "Prototypes", "ObjectFile", "ProgramPackage", "Bytecode", "BytecodeText", "Execution",
                "Channel", "Maps", "Linux", "CLinux", "VectorCorpus", "TestSupport", "CKernelVerifier", "Confirmation",
                "Embedding",
            ],
            exclude: ["Embedding", "Programs"], swiftSettings: tests),
        .testTarget(
            name: "ConfirmationTests",
            dependencies: [
                "Confirmation", "Verifier", "Prototypes", "ProgramPackage", "Bytecode", "BytecodeText", "TestSupport",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "ConfinementTests",
            dependencies: ["Confinement", "CSeccomp", "Linux", "Supervision", "Commands", "confinement-probe"],
            swiftSettings: tests),
        .testTarget(name: "PolicyCoreTests", dependencies: ["PolicyCore"], swiftSettings: tests),
        .target(
            name: "PolicyTesting", dependencies: ["PolicyCore", "PolicyTrust"], path: "Tests/Support/PolicyTesting",
            swiftSettings: tests),
        .executableTarget(
            name: "policy-fuzz", dependencies: ["PolicyCore", "PolicyTesting", "PolicyTrust"],
            path: "Tests/Support/policy-fuzz", swiftSettings: tests),
        .target(name: "CAllocations", path: "Tests/Support/CAllocations"),
        .executableTarget(name: "object-survey", path: "Tests/Support/object-survey", swiftSettings: tests),
        .executableTarget(
            name: "policy-timing",
            dependencies: ["CAllocations", "Linux", "PolicyCore", "PolicyTesting", "PolicyTrust"],
            path: "Tests/Support/policy-timing", swiftSettings: tests),
        .executableTarget(
            name: "policy-store-crash", dependencies: ["PolicyCore", "PolicyStore", "PolicyTrust"],
            path: "Tests/Support/policy-store-crash", swiftSettings: tests),
        .executableTarget(
            name: "policy-reload", dependencies: ["PolicyCore", "PolicyStore", "PolicyTesting", "PolicyTrust"],
            path: "Tests/Support/policy-reload", swiftSettings: tests),
        .executableTarget(name: "no-network", dependencies: ["CSeccomp"], path: "Tests/Support/no-network"),
        .testTarget(
            name: "PolicyTrustTests", dependencies: ["PolicyCore", "PolicyTesting", "PolicyTrust", crypto],
            exclude: ["Vectors"], swiftSettings: tests),
        .testTarget(
            name: "PolicyStoreTests",
            dependencies: [
                "PolicyCore", "PolicyStore", "PolicyTesting", "PolicyTrust", "policy-reload", "policy-store-crash",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "PolicyLogTests",
            dependencies: ["PolicyCommands", "PolicyCore", "PolicyLog", "PolicyTrust", arguments],
            exclude: ["Golden"], swiftSettings: tests),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Channel", "Confinement", "Sandbox", "Enclosure", "Hooks", "Linux", "NativeTesting", "PolicyCore",
                "PolicyTrust",
                "Maps", "Prototypes", "Bytecode", "CKernelRun",
                "ProgramPackage", "TestSupport", "ringfence", "ringfenced", "ringfence-jail", "ringfence-child",
                "ringfence-conformance", "no-network", "policy-timing", crypto,
            ],
            swiftSettings: tests),
        .testTarget(name: "HooksTests", dependencies: ["Hooks", "Observation"], swiftSettings: tests),
        .testTarget(
            name: "PolicyCommandsTests",
            dependencies: [
                "PolicyCommands", "CommandSupport", "Linux", "PolicyCore", "PolicyLog", "PolicyStore", "PolicyTrust",
                arguments,
            ],
            swiftSettings: tests),
        .testTarget(
            name: "CommandsTests",
            dependencies: ["Commands", "CommandSupport", "Hooks", "ProgramPackage", "Bytecode", "Maps", "PolicyCore"],
            swiftSettings: tests),
        .target(
            name: "CellTesting",
            dependencies: [
                "Bytecode", "BytecodeText", "Channel", "CellImage", "Enclosure", "Linux", "Maps", "ProgramPackage",
                "Sandbox",
                "TestSupport",
            ],
            path: "Tests/Support/CellTesting", swiftSettings: tests),
        .testTarget(
            name: "ExecutionTests",
            dependencies: [
                "Execution", "Bytecode", "BytecodeText", "Channel", "Maps", "Linux", "CellImage", "Virtualization",
                "Enclosure",
                "VectorCorpus", "CellTesting", "TestSupport", "ringfence-child",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "ImageTests", dependencies: ["CellImage", "Virtualization", "Channel", "TestSupport", "cell-image"],
            swiftSettings: tests),
        .testTarget(
            name: "BoundaryTests",
            dependencies: [
                "Enclosure", "Virtualization", "Channel", "Linux", "Sandbox", "Confinement", "CellTesting",
                "Bytecode", "CellImage", "Compilation", "PolicyCore", "ProgramPackage", "TestSupport",
                "ringfence-jail", "ringfence-child",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "EnclosureTests",
            dependencies: [
                "Enclosure", "Virtualization", "CellImage", "Channel", "Confinement", "Linux", "Sandbox", "CellTesting",
                "TestSupport",
                "ringfence-jail", "ringfence-child",
            ],
            swiftSettings: tests),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox", "Bytecode", "Confinement", "Enclosure", "Channel", "Maps", "ProgramPackage", "Prototypes",
                "PolicyCore", "PolicyLog", "TestSupport",
                "Virtualization", "ringfence-jail", "ringfence-child", "hostile-jail",
            ],
            swiftSettings: tests),
    ]
)

// Benchmarks measure single parts, which are `package` declarations: visible to targets of this package, not to a package in
// Benchmarks/ of its own. So they are targets of this one, here only when asked for (`make bench` asks): nobody else
// fetches or builds what they need, and what they measure is the very build that the commands are made from.
if Context.environment["RINGFENCE_BENCHMARKS"] == "1" {
    // Without its traits the library needs no replacement of the memory allocator, which would change what is measured.
    package.dependencies.append(.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []))
    package.targets += [
        .target(name: "CBenchmark", path: "Benchmarks/CBenchmark"),
        .target(
            name: "Measuring", dependencies: ["CBenchmark", "Linux"], path: "Benchmarks/Measuring", swiftSettings: house
        ),
        .executableTarget(
            name: "Figures",
            dependencies: [
                "Measuring", "CBenchmark", "Bytecode", "BytecodeText", "Channel", "Execution", "CellImage", "Linux",
                "CLinux",
                "Confinement", "Virtualization", "Enclosure", "Compilation", "ProgramPackage", "Verifier",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Figures", swiftSettings: house, linkerSettings: boundAtStart,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
        .executableTarget(
            name: "figures-report", dependencies: ["Measuring"], path: "Benchmarks/Report", swiftSettings: house),
        .executableTarget(
            name: "figures-isolation",
            dependencies: [
                "Measuring", "CBenchmark", "Bytecode", "BytecodeText", "CellImage", "Channel", "Compilation",
                "Enclosure", "Execution", "Linux", "Maps", "ObjectFile", "ProgramPackage", "Virtualization",
            ],
            path: "Benchmarks/Isolation", swiftSettings: house, linkerSettings: boundAtStart),
        .executableTarget(
            name: "figures-operations",
            dependencies: [
                "Measuring", "CBenchmark", "Bytecode", "CellImage", "Channel", "Compilation", "Enclosure", "Linux",
                "Maps", "PolicyCore", "PolicyTrust", "ProgramPackage", "Sandbox", "Virtualization",
            ],
            path: "Benchmarks/Operations", swiftSettings: house, linkerSettings: boundAtStart),
        .executableTarget(
            name: "figures-link", dependencies: ["Measuring", "Linux"], path: "Benchmarks/Link", swiftSettings: house),
        .executableTarget(
            name: "figures-supervise", dependencies: ["Measuring"], path: "Benchmarks/Supervise", swiftSettings: house),
        .executableTarget(
            name: "figures-verification",
            dependencies: [
                "Measuring", "CBenchmark", "Bytecode", "Linux", "ObjectFile", "ProgramPackage", "Prototypes",
                "Verifier",
            ],
            path: "Benchmarks/Verification", swiftSettings: house),
    ]
}
