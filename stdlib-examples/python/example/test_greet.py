import unittest

from greet import greeting


class Greeting(unittest.TestCase):
    def test_somebody_is_greeted(self) -> None:
        self.assertEqual(greeting("Ada"), "Hello, Ada!")
