import { SetMetadata } from '@nestjs/common';

const PUBLIC_METADATA = Symbol('parley:public-document');

/** Marks a controller method outside the contract's routes that anybody may read: documents and metrics. */
export function PublicDocument(): MethodDecorator {
  return SetMetadata(PUBLIC_METADATA, true);
}

export function isPublicDocument(method: object): boolean {
  return Reflect.getMetadata(PUBLIC_METADATA, method) === true;
}
