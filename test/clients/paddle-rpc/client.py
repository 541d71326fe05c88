"""A client of Paddle Serving's RPC mode, written from its messages: HTTP (JSON, protobuf), gRPC, and baidu_std frames.

Feeds two tensors to a model that adds them, in the layouts of v0.7 to v0.9 and of v0.6.

Usage: client.py HTTP_URL HOST:PORT PROTO_FOLDER
"""
import gzip
import importlib
import json
import os
import socket
import struct
import sys
import tempfile
import zlib

import grpc
import numpy as np
import requests
from grpc_tools import protoc

url, address, protos = sys.argv[1:4]
SERVICE = "baidu.paddle_serving.predictor.general_model.GeneralModelService"
GENERATED = ["paddle_general_model.proto", "paddle_general_model_v06.proto", "baidu_rpc_meta.proto"]

folder = tempfile.mkdtemp()
assert protoc.main(["protoc", f"-I{protos}", f"--python_out={folder}", *GENERATED]) == 0
sys.path.insert(0, folder)
new, old, meta_proto = (importlib.import_module(name.replace(".proto", "_pb2")) for name in GENERATED)

rng = np.random.default_rng(1)
a = rng.standard_normal((300, 2)).astype(np.float32)
b = rng.standard_normal((300, 2)).astype(np.float32)
expected = a + b


def check(values, shape):
    result = np.array(values, dtype=np.float32).reshape(shape)
    assert result.shape == expected.shape, result.shape
    assert np.array_equal(result, expected), np.abs(result - expected).max()


def new_request(batch_of=1):
    request = new.Request(fetch_var_names=["total"], log_id=5)
    for name, array in (("a", a), ("b", b)):
        tensor = request.tensor.add(name=name, alias_name=f"{name}_alias", elem_type=1)
        tensor.shape.extend(array.shape)
        tensor.float_data.extend(array.flatten().tolist())
    return request


def old_request():
    request = old.Request(fetch_var_names=["total"], log_id=5)
    inst = request.insts.add()
    for array in (a, b):
        tensor = inst.tensor_array.add(elem_type=1)
        tensor.shape.extend(array.shape)
        tensor.float_data.extend(array.flatten().tolist())
    return request


def check_new(payload):
    response = new.Response.FromString(payload)
    assert response.outputs[0].engine_name == "GeneralInferOp_0"
    (tensor,) = response.outputs[0].tensor
    assert (tensor.name, tensor.alias_name, tensor.elem_type) == ("sum", "total", 1)
    check(tensor.float_data, list(tensor.shape))
    assert len(response.profile_time) == 2 and response.profile_time[1] >= response.profile_time[0]


def check_old(payload):
    response = old.Response.FromString(payload)
    (tensor,) = response.outputs[0].insts[0].tensor_array
    check(tensor.float_data, list(tensor.shape))


# HTTP, as HttpClient does it: protobuf by default, the reply's type read from its header.
inference = url + "/GeneralModelService/inference"
headers = {"Content-Type": "application/proto"}
for request, check_reply in ((new_request(), check_new), (old_request(), check_old)):
    payload = request.SerializeToString()
    for extra, body in (({}, payload), ({"Content-Encoding": "gzip"}, gzip.compress(payload))):
        for accept in ("identity", "gzip"):
            reply = requests.post(inference, data=body, headers={**headers, **extra, "Accept-encoding": accept}, timeout=20)
            assert reply.status_code == 200, reply.text
            assert reply.headers["Content-Type"] == "application/proto"
            assert reply.headers.get("Content-Encoding") == ("gzip" if accept == "gzip" else None)
            check_reply(reply.content)

# HTTP with JSON.
feeds = [
    {"float_data": array.flatten().tolist(), "elem_type": 1, "name": name, "alias_name": name, "shape": list(array.shape)}
    for name, array in (("a", a), ("b", b))
]
body = json.dumps({"tensor": feeds, "fetch_var_names": ["total"], "log_id": 0})
reply = requests.post(inference, data=body, headers={"Content-Type": "application/json"}, timeout=20)
(tensor,) = reply.json()["outputs"][0]["tensor"]
assert list(tensor) == ["float_data", "elem_type", "shape", "name", "alias_name"], list(tensor)
check(tensor["float_data"], tensor["shape"])
reply = requests.post(inference, data="{}", headers={"Content-Type": "application/json"}, timeout=20)
assert reply.status_code == 500 and reply.headers["x-bd-error-code"] == "-5100", reply.text
assert "InferService inference failed!" in reply.text

# gRPC.
with grpc.insecure_channel(address) as channel:
    for request, check_reply in ((new_request(), check_new), (old_request(), check_old)):
        for method in ("inference", "debug"):
            call = channel.unary_unary(f"/{SERVICE}/{method}")
            check_reply(call(request.SerializeToString(), timeout=20))
    try:
        channel.unary_unary(f"/{SERVICE}/inference")(b"", timeout=20)
        raise AssertionError("an empty message was served")
    except grpc.RpcError as error:
        assert "[E-5100]InferService inference failed!" in error.details(), error.details()

# baidu_std.
host, port = address.rsplit(":", 1)
connection = socket.create_connection((host, int(port)), timeout=20)


def receive(count):
    data = b""
    while len(data) < count:
        chunk = connection.recv(count - len(data))
        assert chunk, "the connection ended"
        data += chunk
    return data


def call(payload, correlation_id, compress_type=0, method="inference", attachment=b""):
    meta = meta_proto.RpcMeta(correlation_id=correlation_id, compress_type=compress_type)
    meta.request.service_name = SERVICE
    meta.request.method_name = method
    meta.request.log_id = 9
    if attachment:
        meta.attachment_size = len(attachment)
    head = meta.SerializeToString()
    payload += attachment
    connection.sendall(b"PRPC" + struct.pack(">II", len(head) + len(payload), len(head)) + head + payload)
    magic, body_size, meta_size = struct.unpack(">4sII", receive(12))
    assert magic == b"PRPC"
    answer = receive(body_size)
    reply_meta = meta_proto.RpcMeta.FromString(answer[:meta_size])
    assert reply_meta.correlation_id == correlation_id
    return reply_meta, answer[meta_size:]


packers = {0: lambda data: data, 2: gzip.compress, 3: zlib.compress}
for request, check_reply in ((new_request(), check_new), (old_request(), check_old)):
    for compress_type, pack in packers.items():
        reply_meta, answer = call(pack(request.SerializeToString()), 2**40 + compress_type, compress_type, attachment=b"xyz")
        assert reply_meta.response.error_code == 0, reply_meta.response.error_text
        assert reply_meta.compress_type == 2
        check_reply(gzip.decompress(answer))
reply_meta, answer = call(b"", 3, method="nope")
assert reply_meta.response.error_code == 1002, reply_meta
print("ok")
