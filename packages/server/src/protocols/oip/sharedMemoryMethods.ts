import * as pb from './gen/open_inference_pb.ts';
import { type GrpcMethods, unary } from './grpcMethods.ts';
import { noSharedMemory } from './unsupported.ts';

/** There is none: the lists of regions are empty, all of them can be forgotten, and none can be registered. */
export function sharedMemoryMethods(): GrpcMethods {
  const onlyAll = ({ name }: { name: string }) => {
    if (name !== '') throw noSharedMemory();
    return {};
  };
  const refuse = () => {
    throw noSharedMemory();
  };
  return {
    SystemSharedMemoryStatus: unary(
      pb.SystemSharedMemoryStatusRequestSchema,
      pb.SystemSharedMemoryStatusResponseSchema,
      onlyAll,
    ),
    SystemSharedMemoryRegister: unary(
      pb.SystemSharedMemoryRegisterRequestSchema,
      pb.SystemSharedMemoryRegisterResponseSchema,
      refuse,
    ),
    SystemSharedMemoryUnregister: unary(
      pb.SystemSharedMemoryUnregisterRequestSchema,
      pb.SystemSharedMemoryUnregisterResponseSchema,
      onlyAll,
    ),
    CudaSharedMemoryStatus: unary(
      pb.CudaSharedMemoryStatusRequestSchema,
      pb.CudaSharedMemoryStatusResponseSchema,
      onlyAll,
    ),
    CudaSharedMemoryRegister: unary(
      pb.CudaSharedMemoryRegisterRequestSchema,
      pb.CudaSharedMemoryRegisterResponseSchema,
      refuse,
    ),
    CudaSharedMemoryUnregister: unary(
      pb.CudaSharedMemoryUnregisterRequestSchema,
      pb.CudaSharedMemoryUnregisterResponseSchema,
      onlyAll,
    ),
  };
}
