extension RootFile {
    /// What a root allows that is probably not meant: one signature, or one person, where it should take two.
    package func lint() -> [LintFinding] {
        var findings: [LintFinding] = []
        for name in RoleName.allCases {
            guard let role = roles[name], name.takesTwo else { continue }
            if role.threshold == 1 {
                findings.append(
                    LintFinding(
                        .singleSignature, role.position,
                        "one signature is enough for \"\(name.rawValue)\": whoever has one of its keys decides alone"))
            }
            if let (custodian, count) = soleCustodian(of: role) {
                findings.append(
                    LintFinding(
                        .oneCustodian, role.position,
                        "\(custodian) keeps \(count) of the \(role.keys.count) keys of \"\(name.rawValue)\", which is enough to sign alone"
                    ))
            }
        }
        return findings.sorted { $0.position < $1.position }
    }

    /// Who keeps as many keys of a role as it takes, and more than one. Of a key whose keeper is not named, nothing is known.
    private func soleCustodian(of role: Role) -> (name: String, keys: Int)? {
        var kept: [String: Int] = [:]
        for key in keys where role.keys.contains(key.name) {
            if let custodian = key.custodian { kept[custodian, default: 0] += 1 }
        }
        let alone = kept.filter { $0.value >= max(2, role.threshold) }
        return alone.min { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension RootFile.RoleName {
    /// What permits, or says who may permit, should take two people.
    fileprivate var takesTwo: Bool { minimumThreshold(.production) > 1 }
}
