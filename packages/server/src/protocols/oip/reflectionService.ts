import { type DescFile, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { type GrpcService, grpcStatus } from '../../domain/wire.ts';
import * as v1 from './gen/grpc_reflection_v1_pb.ts';
import * as v1alpha from './gen/grpc_reflection_v1alpha_pb.ts';
import { readMessage, streaming } from './grpcMethods.ts';

/** Server reflection in both versions, which differ in their names only; for tools that hold no .proto files. */
export function reflectionServices(files: readonly DescFile[], services: () => readonly string[]): GrpcService[] {
  const index = new DescriptorIndex(files);
  return [v1, v1alpha].map((version) => ({
    name: version.ServerReflection.typeName,
    methods: {
      ServerReflectionInfo: streaming(v1.ServerReflectionResponseSchema, async function* (messages) {
        for await (const bytes of messages) {
          const request = readMessage(v1.ServerReflectionRequestSchema, bytes);
          yield {
            validHost: request.host,
            originalRequest: request,
            messageResponse: reply(request, index, services()),
          };
        }
      }),
    },
  }));
}

type Reply = NonNullable<MessageInitShape<typeof v1.ServerReflectionResponseSchema>['messageResponse']>;

function reply(
  { messageRequest }: v1.ServerReflectionRequest,
  index: DescriptorIndex,
  services: readonly string[],
): Reply {
  switch (messageRequest.case) {
    case 'listServices':
      return { case: 'listServicesResponse', value: { service: services.map((name) => ({ name })) } };
    case 'fileByFilename':
      return fileReply(index.byName(messageRequest.value), `file "${messageRequest.value}"`);
    case 'fileContainingSymbol':
      return fileReply(index.bySymbol(messageRequest.value), `symbol "${messageRequest.value}"`);
    case 'fileContainingExtension':
      return notFound(`extension of "${messageRequest.value.containingType}"`);
    case 'allExtensionNumbersOfType': {
      const { value } = messageRequest;
      if (index.bySymbol(value) === undefined) return notFound(`type "${value}"`);
      return { case: 'allExtensionNumbersResponse', value: { baseTypeName: value, extensionNumber: [] } };
    }
    default:
      return errorReply(
        grpcStatus.invalidArgument,
        'Expected a question about a file, a symbol, a type or the services.',
      );
  }
}

function fileReply(file: DescFile | undefined, what: string): Reply {
  if (file === undefined) return notFound(what);
  const fileDescriptorProto = withImports(file).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

/** The file first, then whatever it imports. */
function withImports(file: DescFile, seen = new Set<DescFile>()): DescFile[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return [file, ...file.dependencies.flatMap((imported) => withImports(imported, seen))];
}

function notFound(what: string): Reply {
  return errorReply(grpcStatus.notFound, `Unknown ${what.slice(0, 200)}.`);
}

function errorReply(errorCode: number, errorMessage: string): Reply {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}

/** Which file declares what. */
class DescriptorIndex {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();

  constructor(files: readonly DescFile[]) {
    for (const file of files.flatMap((one) => withImports(one))) {
      this.#files.set(file.proto.name, file);
      for (const service of file.services) {
        this.#symbols.set(service.typeName, file);
        for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file);
      }
      for (const type of file.enums) this.#symbols.set(type.typeName, file);
      for (const type of file.messages) this.#addMessage(type, file);
    }
  }

  byName(name: string): DescFile | undefined {
    return this.#files.get(name);
  }

  /** A full name, with or without the leading point of descriptors. */
  bySymbol(name: string): DescFile | undefined {
    return this.#symbols.get(name.replace(/^\./, ''));
  }

  #addMessage(type: DescMessage, file: DescFile): void {
    this.#symbols.set(type.typeName, file);
    for (const field of type.fields) this.#symbols.set(`${type.typeName}.${field.name}`, file);
    for (const nested of type.nestedEnums) this.#symbols.set(nested.typeName, file);
    for (const nested of type.nestedMessages) this.#addMessage(nested, file);
  }
}
