// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6, no warning left standing, nothing imported by accident.
let ours: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "MeterBench",
    products: [
        .executable(name: "meterbench", targets: ["meterbench"]),
        .executable(name: "meterbench-guard", targets: ["meterbench-guard"]),
    ],
    targets: [
        // C libraries of Debian 12, each there for one job.
        // USB transports (instruments that speak USBTMC, digitizers).
        .systemLibrary(
            name: "CLibUSB", path: "Sources/System/CLibUSB", pkgConfig: "libusb-1.0",
            providers: [.apt(["libusb-1.0-0-dev"])]),
        // Modbus RTU and TCP: meters, sensors, relays.
        .systemLibrary(
            name: "CLibModbus", path: "Sources/System/CLibModbus", pkgConfig: "libmodbus",
            providers: [.apt(["libmodbus-dev"])]),
        // The events of the YAML that people write: procedures, limits, benches, orders, meters.
        .systemLibrary(
            name: "CYAML", path: "Sources/System/CYAML", pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"])]),
        // The archive: an index over run folders.
        .systemLibrary(
            name: "CSQLite", path: "Sources/System/CSQLite", pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]),
        // Hashes, X.509 certificates, CMS signatures.
        .systemLibrary(
            name: "CCrypto", path: "Sources/System/CCrypto", pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]),
        // Recorded waveforms: lossless, and readable by anybody with `wvunpack`.
        .systemLibrary(
            name: "CWavPack", path: "Sources/System/CWavPack", pkgConfig: "wavpack",
            providers: [.apt(["libwavpack-dev"])]),
        // Sound cards as digitizers: what small laboratories and schools own.
        .systemLibrary(
            name: "CALSA", path: "Sources/System/CALSA", pkgConfig: "alsa",
            providers: [.apt(["libasound2-dev"])]),
        // The pages of the certificate as PDF.
        .systemLibrary(
            name: "CCairo", path: "Sources/System/CCairo", pkgConfig: "cairo",
            providers: [.apt(["libcairo2-dev"])]),
        // The one C shim: what Swift cannot reach.
        .target(name: "CBench", path: "Sources/System/CBench"),

        // Everything that decides; opens no device.
        .target(
            name: "BenchCore", dependencies: ["CBench", "CCrypto", "CSQLite", "CWavPack", "CYAML"], swiftSettings: ours),
        // Everything that touches a wire, and the simulators.
        .target(
            name: "Instruments", dependencies: ["BenchCore", "CALSA", "CBench", "CLibModbus", "CLibUSB"],
            swiftSettings: ours),
        // The kinds of test.
        .target(name: "Plugins", dependencies: ["BenchCore", "Instruments"], swiftSettings: ours),
        // From sealed evidence to signed paper, and back: verification.
        .target(name: "Reports", dependencies: ["BenchCore", "CCairo", "CCrypto"], swiftSettings: ours),
        // The command line.
        .executableTarget(
            name: "meterbench", dependencies: ["BenchCore", "Instruments", "Plugins", "Reports"], swiftSettings: ours),
        // Outlives the host and performs the safe chain when the host dies; nothing else.
        .executableTarget(name: "meterbench-guard", swiftSettings: ours),
        // What `make bench` compares wires with: the same in plain C.
        .target(
            name: "CFigures", dependencies: ["CLibModbus", "CLibUSB"], path: "Benchmarks/C"),
        // Ratios and figures of `make bench`.
        .executableTarget(
            name: "meterbench-figures", dependencies: ["BenchCore", "CFigures", "Instruments", "Plugins"],
            path: "Benchmarks", exclude: ["C", "Python"], swiftSettings: ours),

        // What several test suites need: child processes, temporary folders, which peers are there.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: ours),
        .testTarget(name: "BenchCoreTests", dependencies: ["BenchCore", "TestSupport"], swiftSettings: ours),
        .testTarget(
            name: "InstrumentsTests", dependencies: ["BenchCore", "Instruments", "TestSupport"],
            exclude: ["Peers"], swiftSettings: ours),
        .testTarget(
            name: "PluginsTests", dependencies: ["BenchCore", "Instruments", "Plugins", "TestSupport"],
            swiftSettings: ours),
        .testTarget(name: "ReportsTests", dependencies: ["BenchCore", "Reports", "TestSupport"], swiftSettings: ours),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "BenchCore", "Instruments", "Plugins", "Reports", "TestSupport", "meterbench", "meterbench-guard",
            ],
            swiftSettings: ours),
        .testTarget(name: "ArchitectureTests", swiftSettings: ours),
    ],
    swiftLanguageModes: [.v6]
)
