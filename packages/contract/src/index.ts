export * from './answers.ts';
export * from './api.ts';
export * from './faultCodes.ts';
export * from './instances.ts';
export * from './manifest.ts';
export * from './regions.ts';
export * from './tiles.ts';
