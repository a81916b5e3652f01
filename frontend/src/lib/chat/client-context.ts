import type { ParleyClient } from '@parley/client';
import { createContext, useContext } from 'react';

export const ClientContext = createContext<ParleyClient | null>(null);

export function useClient(): ParleyClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('This component stands outside of ClientContext.');
  return client;
}
