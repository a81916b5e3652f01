import { AlertDialog } from '@base-ui/react/alert-dialog';
import { useState } from 'react';
import { classNames } from '../../lib/class-names.js';
import { Button } from './button.js';
import { BACKDROP_LOOK, POPUP_LOOK, VIEWPORT_LOOK } from './dialog.js';

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  action: string;
  /** The dialog closes when it has ended; it stays open, with the reason, when it throws. */
  onConfirm: () => Promise<void>;
}

export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  action,
  onConfirm,
}: ConfirmDialogProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function confirm(): Promise<void> {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : 'That did not work. Try again.');
    } finally {
      setBusy(false);
    }
  }

  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP_LOOK} />
        <AlertDialog.Viewport className={VIEWPORT_LOOK}>
          <AlertDialog.Popup className={classNames(POPUP_LOOK, 'pad-safe-bottom md:max-w-sm')}>
            <div className="flex flex-col gap-2 p-5">
              <AlertDialog.Title className="text-lg font-semibold tracking-tight">{title}</AlertDialog.Title>
              <AlertDialog.Description className="text-ink-2">{description}</AlertDialog.Description>
              {failure !== null && (
                <p role="alert" className="text-sm text-danger">
                  {failure}
                </p>
              )}
              <div className="mt-3 flex justify-end gap-2">
                <AlertDialog.Close render={<Button look="quiet">Cancel</Button>} />
                <Button look="danger" busy={busy} onClick={() => void confirm()}>
                  {action}
                </Button>
              </div>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Viewport>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
