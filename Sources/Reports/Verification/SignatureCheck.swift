import BenchCore
import CCrypto

/// The single questions asked of a signature.
enum SignatureCheck {
    /// Whether the value is the signature of the attributes by the key of the signer's certificate.
    static func mathematics(_ signature: DetachedSignature) -> Bool {
        defer { ERR_clear_error() }
        guard let key = X509_get0_pubkey(signature.certificates[0].handle), let context = EVP_MD_CTX_new() else {
            return false
        }
        defer { EVP_MD_CTX_free(context) }
        guard Certificate.isP256(key), EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else {
            return false
        }
        let value = signature.signature.der
        let signed = signature.signedBytes
        return EVP_DigestVerify(context, value, value.count, signed, signed.count) == 1
    }

    /// Why the signer's certificate does not lead to the anchor at a time, in words; `nil` where it does.
    ///
    /// RFC 5280, 6: certificates of the signature and the anchor, nothing else; no network, no store of the system.
    static func chainComplaint(_ certificates: [Certificate], anchor: Certificate, at time: SigningTime) -> String? {
        defer { ERR_clear_error() }
        guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(), let others = shim_sk_X509_new() else {
            return "libcrypto is out of memory"
        }
        defer {
            shim_sk_X509_free(others)
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
        }
        for certificate in certificates.dropFirst() { _ = shim_sk_X509_push(others, certificate.handle) }
        guard X509_STORE_add_cert(store, anchor.handle) == 1,
            X509_STORE_CTX_init(context, store, certificates[0].handle, others) == 1,
            let parameters = X509_STORE_CTX_get0_param(context)
        else { return "libcrypto cannot check a chain" }
        X509_VERIFY_PARAM_set_time(parameters, time_t(time.seconds))
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_X509_STRICT))
        X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY)
        if X509_verify_cert(context) == 1 {
            // Every certificate that came along must be part of the way: nothing unused hides in a signature.
            let length = Int(shim_sk_X509_num(X509_STORE_CTX_get0_chain(context)))
            return length == certificates.count + 1 ? nil : "it carries certificates that are no part of its chain"
        }
        let reason = String(cString: X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context))))
        return "\(certificates[0].subject): \(reason)"
    }
}
