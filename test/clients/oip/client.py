"""Triton's own Python client against the oip wire: client.py HOST:PORT PHOTO [GRPC_HOST:PORT]

The server must serve the built-in `portrait`, also under the name `matte`, and allow loading and unloading.
"""

import asyncio
import base64
import io
import queue
import sys

import grpc
import numpy as np
import tritonclient.grpc as grpcclient
import tritonclient.grpc.aio as grpcaio
import tritonclient.http as httpclient
import tritonclient.http.aio as httpaio
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from PIL import Image
from tritonclient.utils import InferenceServerException

address = sys.argv[1]
photo = open(sys.argv[2], "rb").read()
grpc_address = sys.argv[3] if len(sys.argv) > 3 else address

model = "portrait"
photo_size = Image.open(io.BytesIO(photo)).size
pixels = np.asarray(Image.open(io.BytesIO(photo)).convert("RGB").resize((352, 352)), np.float32)
tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None] / 255)


def check(what, condition):
    if not condition:
        raise SystemExit(f"FAILED: {what}")
    print(f"ok: {what}")


def refused(what, call, *words):
    try:
        call()
    except InferenceServerException as error:
        missing = [word for word in words if word not in str(error) and word != error.status()]
        check(f"{what}: {error}", not missing)
    else:
        check(f"{what} is refused", False)


def raw_input(kind, binary=None):
    one = kind.InferInput("image", list(tensor.shape), "FP32")
    one.set_data_from_numpy(tensor) if binary is None else one.set_data_from_numpy(tensor, binary_data=binary)
    return [one]


def picture_input(kind, shape=(1,)):
    one = kind.InferInput("image", list(shape), "BYTES")
    one.set_data_from_numpy(np.full(shape, photo, dtype=np.object_))
    return [one]


def decoded(array):
    return np.asarray(Image.open(io.BytesIO(array.flatten()[0])))


def best(logits, count):
    flat = logits.flatten()
    return [f"{flat[at]:.6f}:{at}" for at in np.argsort(-flat, kind="stable")[:count]]


def over_http():
    client = httpclient.InferenceServerClient(address, network_timeout=60)
    check("http: live and ready", client.is_server_live() and client.is_server_ready())
    check("http: the model is ready", client.is_model_ready(model) and client.is_model_ready(model, "1"))
    check("http: an unknown model is not", not client.is_model_ready("nope"))
    check("http: server metadata", "binary_tensor_data" in client.get_server_metadata()["extensions"])
    metadata = client.get_model_metadata(model)
    check("http: model metadata", metadata["inputs"] == [{"name": "image", "datatype": "FP32", "shape": [-1, 3, 352, 352]}])
    config = client.get_model_config("matte", "1")
    check("http: model configuration", config["max_batch_size"] == 0 and config["input"][0]["data_type"] == "TYPE_FP32")
    refused("http: metadata of an unknown model", lambda: client.get_model_metadata("nope"), "404")

    binary = client.infer(model, raw_input(httpclient, True), request_id="seven")
    logits = binary.as_numpy("logits")
    check("http: binary in and out", logits.shape == (1, 1, 352, 352) and binary.get_response()["id"] == "seven")
    wanted = [httpclient.InferRequestedOutput("logits", binary_data=False)]
    text = client.infer(model, raw_input(httpclient, False), outputs=wanted)
    check("http: JSON in and out gives the same numbers", np.array_equal(text.as_numpy("logits"), logits))
    for coding in ["gzip", "deflate"]:
        packed = client.infer(
            model,
            raw_input(httpclient, True),
            request_compression_algorithm=coding,
            response_compression_algorithm=coding,
        )
        check(f"http: {coding} both ways", np.array_equal(packed.as_numpy("logits"), logits))
    five = [httpclient.InferRequestedOutput("logits", class_count=5)]
    classes = [text.decode() for text in client.infer(model, raw_input(httpclient), outputs=five).as_numpy("logits")]
    check("http: classification", classes == best(logits, 5))
    waiting = [client.async_infer(model, raw_input(httpclient)) for _ in range(3)]
    check("http: async", all(np.array_equal(one.get_result().as_numpy("logits"), logits) for one in waiting))

    alpha = decoded(client.infer(model, picture_input(httpclient)).as_numpy("alpha"))
    check("http: a picture gives its alpha as PNG", alpha.shape == photo_size[::-1] and alpha.dtype == np.uint8)
    outputs = [httpclient.InferRequestedOutput(name) for name in ["cutout", "stats"]]
    both = client.infer(model, picture_input(httpclient), outputs=outputs)
    check("http: answers are chosen as outputs", decoded(both.as_numpy("cutout")).shape[2] == 4)
    check("http: an answer that is text", both.as_numpy("stats")[0].startswith(b'{"width"'))
    one = httpclient.InferInput("image", [1], "BYTES")
    one.set_data_from_numpy(np.array([base64.b64encode(photo)], dtype=np.object_), binary_data=False)
    wanted = [httpclient.InferRequestedOutput("alpha", binary_data=False)]
    text = client.infer(model, [one], outputs=wanted).as_numpy("alpha")
    check("http: pictures in JSON are base64", np.array_equal(decoded(np.array([base64.b64decode(text[0])])), alpha))
    raw = client.infer(model, picture_input(httpclient), parameters={"format": "raw"}).as_numpy("alpha")
    check("http: raw alpha", raw.dtype == np.float32 and np.abs(raw * 255 - alpha).max() <= 0.51)
    two = client.infer(model, picture_input(httpclient, (2, 1)), parameters={"answer": "labels", "threshold": 0.5})
    check("http: several pictures at once", two.as_numpy("labels").shape == (2, 1))

    refused("http: a wrong shape", lambda: client.infer(model, wrong_shape(httpclient)), "400", "352")
    refused("http: a wrong option", lambda: client.infer(model, picture_input(httpclient), parameters={"anwser": "x"}), "answer")
    refused("http: a picture that is none", lambda: client.infer(model, no_picture(httpclient)), "400")
    refused("http: an unknown model", lambda: client.infer("nope", raw_input(httpclient)), "404")
    refused("http: no time", lambda: client.infer(model, raw_input(httpclient), timeout=1), "503")
    repository(client, lambda entry: (entry["name"], entry["state"]), "http", client.get_model_repository_index)
    stats = client.get_inference_statistics(model)["model_stats"][0]
    check("http: statistics", stats["inference_stats"]["success"]["count"] > 5 and stats["inference_stats"]["fail"]["count"] >= 3)
    check("http: trace and log settings", client.get_trace_settings()["trace_level"] == ["OFF"] and "log_info" in client.get_log_settings())
    refused("http: tracing", lambda: client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}), "501")
    refused("http: logging", lambda: client.update_log_settings({"log_verbose_level": 2}), "501")
    check("http: no shared memory", client.get_system_shared_memory_status() == [] and client.get_cuda_shared_memory_status() == [])
    client.unregister_system_shared_memory()
    refused("http: shared memory", lambda: client.register_system_shared_memory("r", "/r", 64), "501")
    client.close()
    return logits, alpha


def repository(client, read, form, index):
    def states():
        entries = index()
        return dict(read(entry) for entry in (entries if form == "http" else entries.models))

    check(f"{form}: the repository's index", states() == {"portrait": "READY", "matte": "READY"})
    client.unload_model(model)
    check(f"{form}: an unloaded model", states()[model] == "UNAVAILABLE" and not client.is_model_ready(model))
    kind = httpclient if form == "http" else grpcclient
    refused(f"{form}: an unloaded model does not answer", lambda: client.infer(model, raw_input(kind)))
    client.load_model(model)
    check(f"{form}: loaded again", client.is_model_ready(model) and states()[model] == "READY")
    refused(f"{form}: a configuration of the client's", lambda: client.load_model(model, config="{}"), "config")


def wrong_shape(kind):
    one = kind.InferInput("image", [1, 3, 8, 8], "FP32")
    one.set_data_from_numpy(np.zeros([1, 3, 8, 8], np.float32))
    return [one]


def no_picture(kind):
    one = kind.InferInput("image", [1], "BYTES")
    one.set_data_from_numpy(np.array([b"no picture"], dtype=np.object_))
    return [one]


def over_grpc(logits, alpha):
    client = grpcclient.InferenceServerClient(grpc_address)
    check("grpc: live and ready", client.is_server_live() and client.is_server_ready() and client.is_model_ready(model))
    check("grpc: an unknown model is not", not client.is_model_ready("nope"))
    check("grpc: server metadata", client.get_server_metadata().name == "segserve")
    metadata = client.get_model_metadata(model)
    check("grpc: model metadata", list(metadata.inputs[0].shape) == [-1, 3, 352, 352] and list(metadata.versions) == ["1"])
    config = client.get_model_config("matte").config
    check("grpc: model configuration", config.backend == "onnxruntime" and list(config.input[0].dims) == [-1, 3, 352, 352])
    result = client.infer(model, raw_input(grpcclient), request_id="eight")
    check("grpc: the same numbers", np.array_equal(result.as_numpy("logits"), logits) and result.get_response().id == "eight")
    packed = client.infer(model, raw_input(grpcclient), compression_algorithm="gzip")
    check("grpc: gzip", np.array_equal(packed.as_numpy("logits"), logits))
    five = [grpcclient.InferRequestedOutput("logits", class_count=5)]
    classes = [text.decode() for text in client.infer(model, raw_input(grpcclient), outputs=five).as_numpy("logits")]
    check("grpc: classification", classes == best(logits, 5))
    picture = client.infer(model, picture_input(grpcclient))
    check("grpc: a picture gives the same alpha", np.array_equal(decoded(picture.as_numpy("alpha")), alpha))
    raw = client.infer(model, picture_input(grpcclient), parameters={"answer": "tensor", "format": "raw", "size": "64x48"})
    check("grpc: raw numbers of another size", raw.as_numpy("tensor").shape == (48, 64))
    many = np.zeros([20, 3, 352, 352], np.float32)
    one = grpcclient.InferInput("image", list(many.shape), "FP32")
    one.set_data_from_numpy(many)
    check("grpc: 30 MB", client.infer(model, [one]).as_numpy("logits").shape == (20, 1, 352, 352))
    refused("grpc: a wrong shape", lambda: client.infer(model, wrong_shape(grpcclient)), "StatusCode.INVALID_ARGUMENT")
    refused("grpc: an unknown model", lambda: client.infer("nope", raw_input(grpcclient)), "StatusCode.NOT_FOUND")
    refused("grpc: no time", lambda: client.infer(model, raw_input(grpcclient), timeout=1), "StatusCode.UNAVAILABLE")
    repository(client, lambda entry: (entry.name, entry.state), "grpc", client.get_model_repository_index)
    stats = client.get_inference_statistics(model).model_stats[0]
    check("grpc: statistics", stats.inference_stats.success.count > 10 and stats.inference_count > 10)
    check("grpc: settings", client.get_trace_settings().settings["trace_level"].value == ["OFF"])
    check("grpc: log settings", client.get_log_settings().settings["log_info"].bool_param is True)
    refused("grpc: tracing", lambda: client.update_trace_settings(settings={"trace_level": ["TIMESTAMPS"]}), "UNIMPLEMENTED")
    check("grpc: no shared memory", len(client.get_system_shared_memory_status().regions) == 0)
    refused("grpc: shared memory", lambda: client.register_system_shared_memory("r", "/r", 64), "UNIMPLEMENTED")
    streamed(client, logits)
    client.close()


def streamed(client, logits):
    replies = queue.Queue()
    client.start_stream(callback=lambda result, error: replies.put((result, error)))
    for at in range(4):
        client.async_stream_infer("nope" if at == 2 else model, raw_input(grpcclient), request_id=str(at))
    for at in range(4):
        result, error = replies.get(timeout=60)
        if at == 2:
            check(f"stream: an error is a reply of its own: {error}", "nope" in str(error))
        else:
            same = np.array_equal(result.as_numpy("logits"), logits)
            final = result.get_response().parameters["triton_final_response"].bool_param
            check(f"stream: reply {at} in order", error is None and same and final and result.get_response().id == str(at))
    client.stop_stream()


async def over_aio(logits):
    async with httpaio.InferenceServerClient(address) as client:
        check("http aio: ready", await client.is_server_ready() and await client.is_model_ready(model))
        check("http aio: metadata", (await client.get_model_metadata(model))["name"] == model)
        check("http aio: configuration", (await client.get_model_config(model))["name"] == model)
        results = await asyncio.gather(*[client.infer(model, raw_input(httpclient)) for _ in range(3)])
        check("http aio: the same numbers", all(np.array_equal(one.as_numpy("logits"), logits) for one in results))
    async with grpcaio.InferenceServerClient(grpc_address) as client:
        check("grpc aio: ready", await client.is_server_ready() and await client.is_model_ready(model))
        result = await client.infer(model, raw_input(grpcclient))
        check("grpc aio: the same numbers", np.array_equal(result.as_numpy("logits"), logits))

        async def requests():
            for at in range(2):
                yield {"model_name": model, "inputs": raw_input(grpcclient), "request_id": str(at)}

        ids = []
        async for result, error in client.stream_infer(requests()):
            check("grpc aio: streamed", error is None and np.array_equal(result.as_numpy("logits"), logits))
            ids.append(result.get_response().id)
        check("grpc aio: in order", ids == ["0", "1"])


def over_channel():
    with grpc.insecure_channel(grpc_address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for service in ["", "inference.GRPCInferenceService"]:
            status = health.Check(health_pb2.HealthCheckRequest(service=service)).status
            check(f"health of {service or 'the server'}", status == health_pb2.HealthCheckResponse.SERVING)
        watch = health.Watch(health_pb2.HealthCheckRequest())
        check("health is watched", next(watch).status == health_pb2.HealthCheckResponse.SERVING)
        watch.cancel()
        try:
            health.Check(health_pb2.HealthCheckRequest(service="nope"))
            check("health of an unknown service is refused", False)
        except grpc.RpcError as error:
            check("health of an unknown service is refused", error.code() == grpc.StatusCode.NOT_FOUND)
        database = ProtoReflectionDescriptorDatabase(channel)
        services = set(database.get_services())
        check("reflection lists the services", {"inference.GRPCInferenceService", "grpc.health.v1.Health"} <= services)
        pool = DescriptorPool(database)
        service = pool.FindServiceByName("inference.GRPCInferenceService")
        check("reflection describes every method", len(service.methods) == 20)
        for file in [grpcclient.service_pb2.DESCRIPTOR, grpcclient.model_config_pb2.DESCRIPTOR]:
            theirs = dict(shapes(file.message_types_by_name.values()))
            ours = dict(shapes(pool.FindMessageTypeByName(type.full_name) for type in file.message_types_by_name.values()))
            check(f"the {len(theirs)} messages of {file.name} are Triton's", ours == theirs)


def shapes(types):
    """Every field of every message: name, number, type, whether it repeats, and which of several it is."""
    for type in types:
        fields = [
            (
                field.name,
                field.number,
                field.type,
                field.is_repeated,
                field.message_type and field.message_type.full_name,
                field.enum_type and [(value.name, value.number) for value in field.enum_type.values],
                field.containing_oneof and field.containing_oneof.name,
            )
            for field in type.fields
        ]
        yield type.full_name, sorted(fields)
        yield from shapes(type.nested_types)


logits, alpha = over_http()
over_grpc(logits, alpha)
asyncio.run(over_aio(logits))
over_channel()
print("all well")
