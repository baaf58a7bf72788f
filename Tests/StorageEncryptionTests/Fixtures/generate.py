#!/usr/bin/env python3
#
# This source file is part of the Keelson project.
#
# SPDX-FileCopyrightText: 2026 The Keelson Authors
# SPDX-License-Identifier: Apache-2.0
#
# Writes vectors.json: stored values as kube-apiserver lays them out, computed by another implementation (Python's `cryptography`, on OpenSSL)
# from fixed keys and nonces. Before anything is written that implementation is held to the published vectors named below, so that a value
# in the file is right in both respects.
#
#   python3 generate.py            writes vectors.json beside this script
#   python3 generate.py --check    fails when vectors.json isn't what would be written

import hashlib
import json
import os
import sys

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand


def fixed(name, size):
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(name.encode()).digest(size)


def gcm(key, nonce, plain, data):
    return nonce + AESGCM(key).encrypt(nonce, plain, data)


def cbc(key, vector, plain):
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return vector + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def expand(seed, info, size=32):
    return HKDFExpand(hashes.SHA256(), size, info).derive(seed)


def check_published():
    # AES-GCM: McGrew and Viega, test case 4. AES-CBC: NIST SP 800-38A, F.2.1, first block. HKDF: RFC 5869, A.1.
    sealed = gcm(
        bytes.fromhex("feffe9928665731c6d6a8f9467308308"), bytes.fromhex("cafebabefacedbaddecaf888"),
        bytes.fromhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    assert sealed[12:].hex() == (
        "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
        "5bc94fbc3221a5db94fae95ae7121a47")
    blocks = cbc(
        bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"), bytes(range(16)), bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"))
    assert blocks[16:32].hex() == "7649abac8119b246cee98e9b12e9197d"
    derived = expand(
        bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"), bytes.fromhex("f0f1f2f3f4f5f6f7f8f9"), 42)
    assert derived.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value) if value else b""
    return varint(number << 3 | 2) + varint(len(value)) + value if value else b""


def encrypted_object(data, key_id, source, annotations, kind):
    out = field(1, data) + field(2, key_id.encode()) + field(3, source)
    for name, value in sorted(annotations.items()):
        out += field(4, field(1, name.encode()) + field(2, value))
    return out + field(5, kind)


PLAINS = {
    "object": b'{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a","namespace":"ns"},"data":{"k":"dg=="}}\n',
    "empty": b"",
    "block": b'{"sixteen":"by"}',
}
STORE_KEY = "/registry/secrets/ns/a"


def vectors():
    out = []
    for size in (16, 24, 32):
        for name, plain in PLAINS.items():
            key = fixed(f"key {size}", size)
            for provider in ("aesgcm", "aescbc"):
                if provider == "aesgcm":
                    body = gcm(key, fixed(f"nonce {size} {name}", 12), plain, STORE_KEY.encode())
                else:
                    body = cbc(key, fixed(f"vector {size} {name}", 16), plain)
                out.append({
                    "name": f"{provider} {size * 8} {name}", "provider": provider, "keyName": f"key{size}", "key": key.hex(),
                    "storeKey": STORE_KEY, "plain": plain.hex(),
                    "stored": (f"k8s:enc:{provider}:v1:key{size}:".encode() + body).hex(),
                })
    for name, plain in PLAINS.items():
        for kind, annotations in ((1, {}), (1, {"version.kms.example.com": b"\x01\x02", "a.example.com": b"x" * 200}), (0, {})):
            secret = fixed(f"data key {kind}", 32)
            nonce = fixed(f"kms nonce {kind} {name}", 12)
            if kind == 1:
                info = fixed(f"info {name}", 32)
                body = info + gcm(expand(secret, info), nonce, plain, STORE_KEY.encode())
            else:
                body = gcm(secret, nonce, plain, STORE_KEY.encode())
            source = fixed(f"encrypted {kind}", 60)
            message = encrypted_object(body, "key-2026", source, annotations, kind)
            out.append({
                "name": f"kms type {kind} {name}" + (" annotated" if annotations else ""), "provider": "kms", "keyName": "plugin",
                "key": secret.hex(), "storeKey": STORE_KEY, "plain": plain.hex(), "keyID": "key-2026", "encryptedKey": source.hex(),
                "annotations": {name: value.hex() for name, value in annotations.items()}, "sourceType": kind,
                "stored": (b"k8s:enc:kms:v2:plugin:" + message).hex(),
            })
    # NaCl's own test of crypto_secretbox (D. J. Bernstein, "Cryptography in NaCl", section 10), laid out as a stored value.
    nonce = "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"
    boxed = (
        "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972"
        "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3"
        "7973f622a43d14a6599b1f654cb45a74e355a5")
    out.append({
        "name": "secretbox of NaCl", "provider": "secretbox", "keyName": "key1",
        "key": "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389", "storeKey": STORE_KEY,
        "plain":
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31"
            "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864"
            "5e0705",
        "stored": b"k8s:enc:secretbox:v1:key1:".hex() + nonce + boxed,
    })
    return out


check_published()
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json")
text = json.dumps(vectors(), indent=1) + "\n"
if sys.argv[1:] == ["--check"]:
    with open(path) as file:
        if file.read() != text:
            sys.exit("generate.py: vectors.json is stale")
else:
    with open(path, "w") as file:
        file.write(text)
