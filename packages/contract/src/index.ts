export * from './answers.ts';
export * from './faultCodes.ts';
export * from './manifest.ts';
export * from './api.ts';
