#include <iostream>

int main(int count, char **words) {
    std::cout << "Hello, " << (count > 1 ? words[1] : "world") << "!\n";
}
